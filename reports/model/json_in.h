/*
 * Reads JSON (RFC 8259) from a stream, one event at a time. It needs the same memory for any size of
 * document: a chunk of the file, and the longest string that has an escape or lies across two chunks.
 *
 * It rejects what no run has: nesting beyond HG_JSON_LEVELS, the character U+0000 in a string, strings that
 * are not UTF-8, integers beyond 64 bits, numbers beyond a double, and a document that is neither an object
 * nor an array. The caller checks for duplicate keys.
 */
#ifndef HG_MODEL_JSON_IN_H
#define HG_MODEL_JSON_IN_H

#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h>

#define HG_JSON_LEVELS       256u
#define HG_JSON_NUMBER_BYTES 1024u /* of one number */
#define HG_JSON_CHUNK_BYTES  ((size_t)256 * 1024)

typedef enum hg_json_event {
    HG_JSON_OBJECT,
    HG_JSON_OBJECT_END,
    HG_JSON_ARRAY,
    HG_JSON_ARRAY_END,
    HG_JSON_KEY,
    HG_JSON_STRING,
    HG_JSON_INTEGER,
    HG_JSON_REAL,
    HG_JSON_TRUE,
    HG_JSON_FALSE,
    HG_JSON_NULL,
    HG_JSON_END,    /* of the document */
    HG_JSON_FAILED, /* every later event is this one, too */
} hg_json_event;

typedef enum hg_json_failure {
    HG_JSON_OK,
    HG_JSON_EMPTY,
    HG_JSON_TRUNCATED, /* the stream ended inside the document */
    HG_JSON_DAMAGED,
    HG_JSON_TOO_LARGE,
    HG_JSON_UNREADABLE,
    HG_JSON_NO_MEMORY,
} hg_json_failure;

typedef struct hg_json {
    /* The data of the last event. */
    hg_json_event event;
    const char *text; /* KEY and STRING: not terminated, valid until the next event */
    size_t length;
    int64_t integer;
    double real; /* REAL, and INTEGER as well */

    /* Of a failure. */
    hg_json_failure failure;
    const char *problem; /* DAMAGED: a few words */
    int error;           /* UNREADABLE: errno */
    size_t line, column; /* from 1 */

    /* Private. */
    FILE *file;
    uint64_t left; /* bytes that may still be read */
    char *chunk;
    const char *at, *end;
    uint64_t line_start, chunk_start; /* offsets in the stream */
    hg_buffer string;
    char levels[HG_JSON_LEVELS]; /* '{' or '[' */
    size_t depth;
    int expects;
} hg_json;

/* Prepares to read at most `most` bytes of the stream, which stays the caller's. The first event reports any
 * failure. */
void hg_json_init(hg_json *json, FILE *file, uint64_t most);
void hg_json_clear(hg_json *json);

hg_json_event hg_json_next(hg_json *json);

/* Reports the last event as wrong: the document fails as if it were damaged there. */
void hg_json_damage(hg_json *json, const char *problem);

/* After the event that starts a value, reads on to the value's end. False on a failure. */
bool hg_json_skip(hg_json *json);

#endif
