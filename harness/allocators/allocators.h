/*
 * The real allocators by name. To add one, add a line to allocators.c; its own figures, if it has any, are
 * read in runner/allocator_stats.c.
 */
#ifndef HG_ALLOCATORS_ALLOCATORS_H
#define HG_ALLOCATORS_ALLOCATORS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hg_allocator {
    const char *name;
    const char *library; /* file name of its shared object; "" for the C library's own */
    const char *later;   /* that of a later version, which is used where the first is missing; NULL: none */
    const char *package; /* Debian package */
} hg_allocator;

/* All of them; the last has a NULL name. */
const hg_allocator *hg_allocators(void);

/* NULL if there is none of that name. */
const hg_allocator *hg_allocator_find(const char *name);

/* All names as a list: "glibc, jemalloc and mimalloc" if last_word is " and ". Cut to fit size, which is at
 * least 1. */
void hg_allocator_names(const char *last_word, char *ret_names, size_t size);

/*
 * The absolute path of its shared object, "" for the C library's own. False if it is not installed: the
 * dynamic linker only warns about a missing preload and goes on without it.
 */
bool hg_allocator_path(const hg_allocator *allocator, char *ret_path, size_t path_size);

#endif
