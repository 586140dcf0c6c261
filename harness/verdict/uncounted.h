/*
 * Of the runner's rounds, what grows beside all that is counted. A program's rounds are looked at from
 * outside (exec/coverage.h).
 */
#ifndef HG_VERDICT_UNCOUNTED_H
#define HG_VERDICT_UNCOUNTED_H

#include "analysis/verdict.h"
#include "verdict/judge.h"
#include "verdict/sites.h"

/*
 * Fills in unseen, held, past and held_file of the evidence, whose largest_block is known; held_file is the
 * record's. What the allocator has mapped counts as counted: it may fragment (analysis/fragmentation.h). ops:
 * done at each checkpoint. Pure; any thread.
 */
void hg_judge_unseen(const hg_judge_input *input, const hg_gathered *gathered, const int64_t *ops,
                     hg_evidence *evidence);

#endif
