/*
 * Fragmentation: live memory stands still, and what the allocator holds for it grows round after round.
 *
 * Blocks that stay keep apart the room that others leave: every free byte is there, and no piece is large
 * enough, or of the right size class. Only the allocator's own figures tell (mapped_bytes and allocated_bytes
 * of a sample; resident memory of the process holds the probe's tables, too), and of them only growth: how
 * much an allocator holds at once is its own affair.
 *
 * Growth counts when
 *   - what is held, and what of it is not handed out, both grow steadily over the measured rounds, by the
 * test for plain series (growth.h), and most of the former by the latter: else it is live memory that grows;
 *   - it is more than an allocator takes at once, or keeps in arenas and caches of threads: a MiB, and a
 *     twentieth of what it held when warm-up was over;
 *   - a run four times as long finds the same rate per op. High-water marks of a load that varies rise like
 *     the logarithm or the square root of the ops, and what an allocator keeps for later by the clock has no
 *     rate per op at all.
 *
 * Pure, like growth.h.
 */
#ifndef HG_ANALYSIS_FRAGMENTATION_H
#define HG_ANALYSIS_FRAGMENTATION_H

#include "model/model.h"

typedef struct hg_fragmentation {
    bool grows;
    double bytes_per_op;            /* of what the allocator holds; 0 unless it grows */
    int64_t begin_bytes, end_bytes; /* held when warm-up was over, and at the end */
} hg_fragmentation;

/* Whether the samples have the allocator's figures, all of them. */
bool hg_fragmentation_can_be_told(const hg_cell *cell);

/* Of the samples of a cell; warmup_rounds is at least 1. Nothing where the allocator's figures are
 * unknown. */
hg_fragmentation hg_fragmentation_of(const hg_cell *cell);

/* Whether both cells, of which the later is the longer, show it at one rate, to within a quarter. */
bool hg_fragmentation_confirms(const hg_cell *before, const hg_cell *now);

#endif
