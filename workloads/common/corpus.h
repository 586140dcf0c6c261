/*
 * Real schemas, read into memory once: every .json file below a folder, in a fixed order.
 *
 * A file in the format of the JSON-Schema-Test-Suite (an array of groups, each with a "schema" and "tests")
 * contributes its schemas. Any other file is one text, valid or not.
 */
#ifndef WORKLOADS_CORPUS_H
#define WORKLOADS_CORPUS_H

#include <stddef.h>
#include <toka/status.h>

#define CORPUS_MAX_FILE_BYTES ((size_t)16 * 1024 * 1024)
#define CORPUS_MAX_BYTES      ((size_t)1024 * 1024 * 1024)
#define CORPUS_MAX_TEXTS      1000000u

struct corpus_text {
    size_t offset, size; /* in `bytes` */
};

struct corpus {
    char *bytes;
    size_t size, capacity;
    struct corpus_text *texts;
    size_t count, text_capacity;
    size_t longest; /* bytes of the longest text */
};

/*
 * Reads a directory, or a single file, into a zeroed corpus. On failure writes one line to stderr, leaves the
 * corpus empty and returns nonzero: a path that does not exist, a file that cannot be read, no .json file at
 * all, a limit.
 */
int corpus_open(struct corpus *corpus, const char *path);

/* index must be below count. Lives until corpus_close. */
toka_text corpus_text(const struct corpus *corpus, size_t index);

/* Frees all and leaves an empty corpus. */
void corpus_close(struct corpus *corpus);

#endif
