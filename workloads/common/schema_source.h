/*
 * The schemas of the storms, generated from --seed or read from --corpus, and the store that the storms use.
 *
 * All memory is allocated when the source is opened; ops reuse it.
 */
#ifndef WORKLOADS_SCHEMA_SOURCE_H
#define WORKLOADS_SCHEMA_SOURCE_H

#include "corpus.h"
#include "text_writer.h"

#include <stdbool.h>
#include <stdint.h>
#include <toka/schema_store.h>

struct schema_source {
    const char *workload; /* for messages */
    uint64_t seed;
    bool replays; /* the schemas are a corpus's: real, and not all of them valid */
    struct corpus corpus;
    char *buffer;
    size_t capacity; /* of `buffer` */
    toka_schema_store *store;
};

/*
 * Opens a zeroed source as HEAPGATE_SEED and HEAPGATE_CORPUS say, with a store of its own. On failure writes
 * one line to stderr, returns nonzero and leaves nothing behind.
 */
int schema_source_open(struct schema_source *source, const char *workload, bool cached);

/* The same, with a store as the options say. */
int schema_source_open_with(struct schema_source *source, const char *workload,
                            const toka_schema_store_options *options);

/*
 * The text of schema i; valid until the next call. Generated ones are all different. A corpus of n starts
 * again at i = n, and from there on every text that is an object gets a "$comment" with the number of the op,
 * so that it is new to a cache.
 */
toka_text schema_source_text(struct schema_source *source, uint64_t i);

/*
 * Appends a text made new by a number: an object gets a "$comment" of it, first, so that one of its own still
 * counts; any other text stays as it is. Takes SCHEMA_COMMENT_BYTES more at most; what is short.
 */
void schema_text_write_new(struct text_writer *out, toka_text text, const char *what, uint64_t number);

#define SCHEMA_COMMENT_BYTES 64u

/*
 * Whether the subject's answer is right: 0, or 1 and one line to stderr. A generated schema must compile; one
 * of a corpus must be answered, whatever the answer, but not for want of memory.
 */
int schema_source_check(const struct schema_source *source, uint64_t i, toka_status status,
                        const toka_error *error);

/*
 * For another thread: the same schemas and the same store, with a buffer of its own. `of` stays open until
 * the copy is closed. On failure returns nonzero and leaves nothing behind.
 */
int schema_source_share(struct schema_source *copy, const struct schema_source *of);

/* Frees the copy's buffer. A zeroed copy is fine. */
void schema_source_unshare(struct schema_source *copy);

/* Frees what schema_source_open took. */
void schema_source_close(struct schema_source *source);

#endif
