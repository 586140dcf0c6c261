/*
 * Sorted sets of names (property names, string enums), found by binary search.
 *
 * Sorted by length and then by bytes rather than hashed: no names can be crafted to collide, and most
 * misses are settled by the length alone.
 */
#ifndef TOKA_NAMES_H
#define TOKA_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct name {
    const char *bytes;
    uint32_t size;
};

static inline int name_compare(const struct name *a, const struct name *b)
{
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->size);
}

/* Sorts elements of `stride` bytes that begin with a struct name, in place: at most n log n steps, nothing
   allocated. stride is at most NAMES_MAX_STRIDE. */
enum { NAMES_MAX_STRIDE = 64 };
void names_sort(void *elements, size_t count, size_t stride);

/* The element with this name, or NULL. */
const void *names_find(const void *elements, size_t count, size_t stride, const char *bytes, size_t size);

#endif
