/*
 * The texts that a log of ops (toka/record.h) may refer to by their hash: the last ones, bounded in number
 * and in bytes. All memory is allocated when the window is opened.
 */
#ifndef WORKLOADS_TEXT_WINDOW_H
#define WORKLOADS_TEXT_WINDOW_H

#include <stdint.h>
#include <toka/manifest.h>
#include <toka/record.h>

#define TEXT_WINDOW_MAX_TEXT TOKA_MANIFEST_MAX_BYTES /* bytes of one text */

enum { TEXT_WINDOW_SLOTS = 4 * TOKA_RECORD_WINDOW_TEXTS };

struct window_text {
    uint64_t hash;
    uint64_t bytes_before; /* of all texts told before it */
    size_t offset, size;
};

struct text_window {
    char *bytes; /* a ring; no text is broken in two */
    size_t end;  /* of the last text in it */
    uint64_t count, total_bytes;
    struct window_text texts[TOKA_RECORD_WINDOW_TEXTS]; /* text n, from 1, at n modulo their number */
    uint64_t slots[TEXT_WINDOW_SLOTS];                  /* texts by hash: their numbers; 0: never used */
};

/* Opens a zeroed window. Nonzero: no memory. */
int text_window_open(struct text_window *window);

/* Forgets all texts. */
void text_window_clear(struct text_window *window);

/* Copies a text of at most TEXT_WINDOW_MAX_TEXT bytes. */
void text_window_add(struct text_window *window, uint64_t hash, toka_text text);

/* The text told last with this hash, valid until the next is added; data is NULL when there is none. */
toka_text text_window_find(const struct text_window *window, uint64_t hash);

/* Frees the memory of an open or zeroed window. */
void text_window_close(struct text_window *window);

#endif
