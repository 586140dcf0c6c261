/*
 * Pieces of memory that a pool of the program says it hands out (heapgate/pool.h), counted by site like
 * blocks.
 *
 * Their tags are in the table of blocks whose tags are kept aside (aside.h), at addresses that no block has:
 * the first piece of a chunk lies where the chunk does. A chunk counts no longer once it is a pool's.
 *
 * Concurrency: as in pool.h. Any thread and signal handlers; no lock but that of mappings.
 */
#ifndef HG_PROBE_POOLS_H
#define HG_PROBE_POOLS_H

#include "probe/walk.h"
#include <stddef.h>

void hg_pools_chunk(const void *chunk, size_t size);
void hg_pools_alloc(const void *piece, size_t size, hg_caller caller);
void hg_pools_free(const void *piece);
void hg_pools_reset(const void *begin, size_t size);

/* event: one of heapgate_pool_event; others change nothing, so that later headers may have more. */
__attribute__((visibility("default"))) void heapgate_probe_pool(int event, const void *place, size_t size);

#endif
