/*
 * A set of names, stored as 64-bit hashes; two names with the same hash count as one. All memory is allocated
 * when the set is opened.
 */
#ifndef WORKLOADS_NAME_SET_H
#define WORKLOADS_NAME_SET_H

#include "random.h"

#include <stddef.h>
#include <stdlib.h>

enum { NAME_SET_MOST = 65536, NAME_SET_SLOTS = 2 * NAME_SET_MOST };

struct name_set {
    uint64_t *slots; /* 0: free */
    size_t count;
};

/* FNV-1a (Fowler, Noll and Vo), mixed; never 0. */
static inline uint64_t name_hash(const char *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return random_mix(hash) | 1;
}

/* Nonzero: no memory. Takes a zeroed set. */
static inline int name_set_open(struct name_set *set)
{
    set->slots = calloc(NAME_SET_SLOTS, sizeof *set->slots);
    return set->slots ? 0 : 1;
}

static inline uint64_t *name_set_slot(const struct name_set *set, uint64_t hash)
{
    size_t i = hash % NAME_SET_SLOTS;

    while (set->slots[i] && set->slots[i] != hash)
        i = (i + 1) % NAME_SET_SLOTS;
    return &set->slots[i];
}

static inline bool name_set_has(const struct name_set *set, uint64_t hash)
{
    return *name_set_slot(set, hash) != 0;
}

/* Nonzero: it is full. */
static inline int name_set_add(struct name_set *set, uint64_t hash)
{
    uint64_t *slot = name_set_slot(set, hash);

    if (*slot)
        return 0;
    if (set->count == NAME_SET_MOST)
        return 1;
    *slot = hash;
    set->count++;
    return 0;
}

static inline void name_set_close(struct name_set *set)
{
    free(set->slots);
    *set = (struct name_set){0};
}

#endif
