/*
 * Arrays that double when they are full.
 */
#ifndef HG_SYMBOLS_GROWING_H
#define HG_SYMBOLS_GROWING_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The array, moved if need be, with room for one item more; NULL, and nothing changed, when memory
 * ran out. */
static inline void *hg_growing_room(void *items, size_t count, size_t *room, size_t item_bytes)
{
    if (count < *room)
        return items;
    size_t wanted = *room ? 2 * *room : 64;
    void *grown = wanted <= SIZE_MAX / item_bytes ? realloc(items, wanted * item_bytes) : NULL;
    if (grown)
        *room = wanted;
    return grown;
}

#endif
