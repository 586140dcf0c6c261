/*
 * Where the probe keeps what it has learned of a process's stacks: an arena, and tables of references into
 * it.
 *
 * The arena has a few parts, less than 32 GiB apart; what lies in it refers to each other by 32-bit
 * references, and never moves or goes away. Readers take no lock: what is published is whole. Writers hold
 * the lock of contexts.
 */
#ifndef HG_PROBE_KNOWN_STORE_H
#define HG_PROBE_KNOWN_STORE_H

#include "probe/walk.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t hg_ref; /* from the arena's first byte, in units of HG_REF_UNIT bytes, signed; 0: none */
#define HG_REF_UNIT 16u

/*
 * An open-addressed table of references that doubles when it is half full. A grown table is published whole,
 * and the old one stays.
 */
typedef struct hg_known_table {
    uint32_t mask, used;
    _Atomic uint64_t slot[]; /* hash << 32 | reference; 0 is empty */
} hg_known_table;

extern char *hg_known_arena;

HG_QUICK const void *hg_known_at(hg_ref ref)
{
    return hg_known_arena + (int64_t)(int32_t)ref * HG_REF_UNIT;
}

HG_QUICK uint64_t hg_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 29;
}

/* Memory of the process's that costs nothing until it is used; NULL when it is not to be had. */
void *hg_known_reserve(size_t bytes);

/* From the arena, all zero. NULL when memory is not to be had. */
void *hg_known_alloc(size_t bytes, hg_ref *ret_ref);

/* An empty one. NULL when memory is not to be had. */
hg_known_table *hg_known_new_table(void);

/* Room for one more; false when the table is as large as it gets, or memory is not to be had. */
bool hg_known_make_room(hg_known_table *_Atomic *place);

/* Adds an entry that is not 0 to a table that has room. */
void hg_known_put(hg_known_table *table, uint64_t entry);

#endif
