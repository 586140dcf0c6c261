/*
 * A probe that sleeps until it is asked to count (record/dormant_page.h), and afterwards again.
 *
 * Asleep, an allocation or free goes straight to the real allocator, after one relaxed load of a word in a
 * page that whoever attaches can write. There is no thread and no signal. Awake, the process has a record, as
 * under heapgate exec, and costs as much. It keeps that record, and the stacks it knows, for the next time.
 *
 * Blocks from before. A block that was allocated asleep has no tag, and is passed through when it is freed.
 * So is one that was counted the time before: each wake-up makes another key for tags.
 *
 * Threads that are in the middle of a call at a wake-up or at its end finish it as they began it. A thread
 * that stands still there for a whole time of sleep may count that one block in the time that follows: it is
 * off by one, and nothing worse, as no memory of the record is ever given back.
 *
 * A forked child has a page of its own, from its first allocation on. The memory of its parent's page is
 * shared, so it lets that go first.
 */
#ifndef HG_PROBE_DORMANT_H
#define HG_PROBE_DORMANT_H

#include "record/dormant_page.h"
#include <stdbool.h>

extern union hg_dormant_memory {
    hg_dormant_page page;
    char whole[HG_DORMANT_BYTES];
} hg_dormant;

/* This process, or the one that it was forked from, was started dormant. */
extern bool hg_dormant_wanted;

/* Whether everything is to pass through. False in a process that was not started dormant. */
static inline __attribute__((always_inline)) bool hg_dormant_asleep(void)
{
    return atomic_load_explicit(&hg_dormant.page.asleep, memory_order_relaxed) != 0;
}

/* Whether it sleeps, and does not just leave some blocks out (sampling.h). */
static inline bool hg_dormant_sleeps(void)
{
    return atomic_load_explicit(&hg_dormant.page.asleep, memory_order_relaxed) == 1;
}

/* Prepares the process, before it has threads. Nothing is different if that fails. */
void hg_dormant_start(void);

/* In an allocation of a process that does not count: begins to, if that is asked for. True if it counts. */
bool hg_dormant_wake(void);

/* In an allocation of a process that counts, and finds no row: whether it is to stop, or to begin anew. */
bool hg_dormant_is_told(void);

/* In a forked child. */
void hg_dormant_forked(void);

#endif
