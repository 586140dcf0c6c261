/*
 * What a block takes of the heap: more than was asked for, since allocators round up and align, and the C
 * library's keeps a header in front of each block. The room for the probe's tag does not count where it is
 * known what the allocator would have given without it.
 */
#ifndef HG_PROBE_SCAN_SIZES_H
#define HG_PROBE_SCAN_SIZES_H

#include <stddef.h>
#include <stdint.h>

/* In the process: asks the allocator what it makes of small sizes. Blocks are not counted meanwhile. */
void hg_scan_learn_sizes(void);

/* usable: what the allocator gave, by its own count, for the bytes that the program asked for. */
uint64_t hg_scan_heap_bytes(size_t requested, size_t usable);

#endif
