/*
 * What the two halves of the reader of run.json share: model_read.c reads the head of the file and writes the
 * messages; model_values.c fills structs from the field tables.
 */
#ifndef HG_MODEL_MODEL_READER_H
#define HG_MODEL_MODEL_READER_H

#include "model/json_in.h"
#include "model/model_fields.h"

#define HG_READER_DEPTH 12u /* steps to a value: cells[3].sites[0].held.holders[1].line has 8 */

typedef enum hg_reader_version {
    HG_VERSION_MISSING,
    HG_VERSION_FOREIGN,
    HG_VERSION_OTHER,
    HG_VERSION_OURS,
} hg_reader_version;

typedef struct hg_reader_step {
    const char *name; /* of a field; NULL: an item of a list */
    size_t index;
} hg_reader_step;

typedef struct hg_reader {
    const char *path;
    char *message; /* "" until there is a complaint */
    size_t message_size;
    bool out_of_memory;
    hg_json json;
    const char *before;                    /* the item before the one that comes next; NULL: none */
    hg_reader_step steps[HG_READER_DEPTH]; /* to the value being read */
    size_t depth;
    char where[160]; /* the same in words: "cells[3].samples[0].ops" */

    /* Reads the value of a key of the outermost object that is not in its table. */
    bool (*other_key)(struct hg_reader *r);
    hg_reader_version version;
    char schema[64]; /* as written, for HG_VERSION_OTHER */
    bool has_exit_code, has_outcome;
    int64_t exit_code;
    char outcome[32];
} hg_reader;

/* Fills a zeroed object; the last event was the start of it. False after a complaint or a failure of the
 * document. */
bool hg_reader_read(hg_reader *r, const hg_struct *type, void *object);

/* The end of a complaint about a value. */
#define HG_READER_DAMAGED "; the file was changed or damaged, so make a new run"

/* Writes "run.json: " and the complaint to the message, unless there is one already. Always false. */
bool hg_reader_complain(hg_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool hg_reader_complain_memory(hg_reader *r);

/* The key or string that was just read: whether it is this word; a terminated copy, "" if it does not fit; a
 * copy that is safe to show. */
bool hg_reader_is_text(const hg_reader *r, const char *word);
void hg_reader_copy_text(const hg_reader *r, char *out, size_t size);
void hg_reader_show_text(const hg_reader *r, char *out, size_t size);

#endif
