/*
 * The heaps of processes that run, from the counters in their records: exact, and without a word to the
 * processes themselves.
 *
 * A profile has one sample for each call stack of each process. What is counted while the counters are read
 * may be in it in part. One thread.
 */
#ifndef HG_SERVE_HEAP_H
#define HG_SERVE_HEAP_H

#include "record/record.h"
#include "symbols/symbols.h"
#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct hg_heap {
    pid_t process;
    uint64_t number;  /* of this heap: no other one has had it */
    hg_record record; /* mapped, not frozen; the process may write anything into it */
    int record_fd;
    char program[PATH_MAX]; /* that the process runs; "" if unknown */
} hg_heap;

/* Of memory, without the control. */
typedef struct hg_heap_sums {
    int64_t live_bytes, live_blocks;
    uint64_t allocations, allocated_bytes;
    uint32_t contexts; /* call stacks so far */
} hg_heap_sums;

/* False when memory ran out. */
bool hg_heap_sum(const hg_heap *heap, hg_heap_sums *ret_sums);

/* What was counted up to now, for the growth from here on: one block, to be freed with free. NULL when memory
 * ran out. */
void *hg_heap_since(const hg_heap *heaps, size_t count);

/* What is alive of one call stack in what hg_heap_since gave, and when; 0 where it was not there. */
typedef struct hg_heap_alive {
    int64_t bytes, blocks, time_ns;
} hg_heap_alive;

hg_heap_alive hg_heap_alive_of(const void *since, uint64_t heap_number, uint32_t context);

/* Whether the context's blocks are memory of the program's. */
bool hg_heap_is_memory(const hg_heap *heap, uint32_t context);

typedef struct hg_heap_profile {
    const hg_heap *heaps;
    size_t count;
    hg_symbols *symbols;
    const char *probe; /* its frames are left out */
    const char *name, *command, *default_type;
    int64_t started_ns; /* of the profile, where it covers no time; the epoch's nanoseconds */
} hg_heap_profile;

/* Writes the profile with inuse_space, inuse_objects, alloc_space and alloc_objects; since: of the time from
 * there on, NULL: of all. False when memory ran out. */
bool hg_heap_write_profile(const hg_heap_profile *what, const void *since, FILE *out);

#endif
