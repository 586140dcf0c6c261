/*
 * What was alive of all sites together over a run, as levels (analysis/level.h).
 *
 * Pure; any thread.
 */
#ifndef HG_VERDICT_LEVELS_H
#define HG_VERDICT_LEVELS_H

#include "analysis/verdict.h"
#include "verdict/judge.h"

/*
 * Sets level, total, blocks_rise and risen_bytes. whole: of all sites, without the control. In a run of the
 * runner level and blocks_rise are of the least that was alive in each round: where memory grows, that is at
 * the round's start. A program, whose rounds have no moments between ops, is known by what was alive at their
 * ends.
 */
void hg_levels_fill(const hg_judge_input *input, const hg_history *whole, hg_evidence *evidence);

/* Of a run of the runner: the least that was alive in its last round and in its second measured one, and the
 * most that it fell from a measured round to a later one; bytes. All 0 where nobody looked. */
typedef struct hg_low_levels {
    double last, begun, fall;
} hg_low_levels;

hg_low_levels hg_levels_low(const hg_record *record, uint32_t warmup_rounds);

#endif
