/*
 * Following some blocks only: what the probe does when to count all would cost more than it may.
 *
 * Whoever watches the process says so for an epoch (hg_record_one_in). The probe rests then: of all
 * allocations one in so many is followed, tagged and counted as ever, and the others go straight on to the
 * allocator. Which ones is by chance, with gaps of geometric distribution: each has the same chance, whatever
 * the rhythm of the program, of its threads or of the clock. A free still reads the end of the block, so that
 * a block that is followed is so up to its death, however long the probe has rested then. So the counts of an
 * epoch stand for that many times as much, and what has been alive all the time neither grows nor shrinks.
 *
 * Only above the C library's allocator, whose headers say how large a block is: to ask another one at each
 * free costs as much as counting.
 *
 * Resting is a value of the word that also says whether the probe sleeps (dormant.h): malloc and free look at
 * no other.
 */
#ifndef HG_PROBE_SAMPLING_H
#define HG_PROBE_SAMPLING_H

#include "probe/dormant.h"
#include "probe/thread.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Allocations of the thread up to the next that is followed, that one included. Its size is what the probe's
 * thread-local storage lacks to the alignment of the whole, 64 bytes: so the C library has as much to spare
 * for libraries that are loaded later as without the probe.
 */
extern __thread int64_t hg_sampling_left;

/* Whether blocks may be without a tag though the probe handed them out. */
extern _Atomic bool hg_sampling_has_rested;

/* Prepares a process that has just begun to count. */
void hg_sampling_start(void);

/* Begins to rest, or ends it, as it is asked for of the epoch. Any thread that found no row for it. */
HG_SLOW void hg_sampling_settle(uint32_t epoch);

/* Once nothing is left, or in a thread's first allocation: whether this one is followed. */
HG_SLOW bool hg_sampling_is_due(void);

static inline __attribute__((always_inline)) bool hg_sampling_rests(void)
{
    return atomic_load_explicit(&hg_dormant.page.asleep, memory_order_relaxed) == HG_DORMANT_RESTING;
}

/* Whether an allocation is to pass through, as the probe rests. To be asked once of each. */
static inline bool hg_sampling_leaves_out(void)
{
    return __builtin_expect(hg_sampling_rests(), false) && (--hg_sampling_left > 0 || !hg_sampling_is_due());
}

/* The same, or as it sleeps. */
static inline __attribute__((always_inline)) bool hg_sampling_passes(void)
{
    return __builtin_expect(hg_dormant_asleep(), false) && (!hg_sampling_rests() || hg_sampling_leaves_out());
}

/* malloc and free while the probe rests. The first one is given by the exported functions, as it knows who
 * called it like one of them; NULL: the probe never rests. */
extern void *(*hg_sampling_malloc)(size_t size);
void hg_probe_resting_free(void *block);

#endif
