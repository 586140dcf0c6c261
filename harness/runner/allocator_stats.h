/*
 * What the allocator below the probe says about itself: whether it is the one that was asked for, how much it
 * has handed out, and how much it holds.
 *
 * The probe counts what a program asked for. The difference between that and these figures is what the
 * allocator rounds up, keeps for its own use and has not given back: evidence of fragmentation, never of a
 * leak. Functions are looked up by name in the running process, so nothing here needs the allocator at build
 * time.
 *
 *            allocated_bytes                            mapped_bytes
 *   glibc    mallinfo2: uordblks + hblkhd               mallinfo2: arena + hblkhd
 *   jemalloc stats.allocated                            stats.active
 *   mimalloc blocks in use of the runner's own heap     areas of that heap, or else the commit
 *   tcmalloc generic.current_allocated_bytes            generic.heap_size without what was given back
 *
 * glibc adds up all arenas (older manual pages say otherwise; a test checks it), and counts a block in a
 * thread's cache as handed out. jemalloc's active pages hold at least one block each; they do not include
 * empty pages, which it gives back by the clock, nor address space that it retains without memory. mimalloc
 * keeps one heap for each thread and tells only about the caller's: once another thread has run,
 * allocated_bytes is unknown, and mapped_bytes is what mi_process_info gives as committed. So it always is
 * with mimalloc 3, whose heaps do not know their full pages.
 *
 * Not thread-safe; for the runner's one thread.
 */
#ifndef HG_RUNNER_ALLOCATOR_STATS_H
#define HG_RUNNER_ALLOCATOR_STATS_H

#include "record/record.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct hg_allocator_stats {
    int64_t
        allocated_bytes;  /* handed out and not freed, the probe's tags and rounding included; -1: unknown */
    int64_t mapped_bytes; /* held from the system, in use or not; -1: unknown */
    int64_t kept_bytes;   /* and jemalloc's empty pages: stats.resident; -1: unknown */
} hg_allocator_stats;

/*
 * Finds the allocator that the probe calls: the first object behind it that defines malloc. probe_code: the
 * address of any of the probe's functions. False, with one sentence in the record's message, when the
 * process runs on another than was asked for. Where none was, one that the user preloads is fine; its name
 * goes into the record. An allocator without figures is fine, too: they are -1 then. Allocates and frees;
 * call it before the first round.
 */
bool hg_allocator_stats_start(const void *probe_code, hg_record_header *header);

/* The figures now. Allocates nothing. All -1 without a successful start. */
hg_allocator_stats hg_allocator_stats_now(void);

#endif
