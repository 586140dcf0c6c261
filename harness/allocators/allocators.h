/*
 * The real allocators by name. Adding one is one line in allocators.c; for figures of its own, see
 * runner/allocator_stats.c.
 */
#ifndef HG_ALLOCATORS_ALLOCATORS_H
#define HG_ALLOCATORS_ALLOCATORS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hg_allocator {
    const char *name;
    const char *library; /* file name of its shared object; "" for the C library's own */
    const char *package; /* Debian package that has it */
} hg_allocator;

/* Ended by a NULL name. */
const hg_allocator *hg_allocators(void);

/* NULL when there is no such name. */
const hg_allocator *hg_allocator_find(const char *name);

/* All names in a sentence, "glibc, jemalloc and mimalloc" with the last word " and ". Cut to fit size, which
 * is at least 1. */
void hg_allocator_names(const char *last_word, char *ret_names, size_t size);

/*
 * The absolute path of its shared object, "" for the C library's own. False when it is not installed: the
 * dynamic linker would only warn about a missing preload and go on without it.
 */
bool hg_allocator_path(const hg_allocator *allocator, char *ret_path, size_t path_size);

#endif
