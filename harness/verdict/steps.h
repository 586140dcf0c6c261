/*
 * Steps: what a program takes once, as it may at any time, is no growth. Fewer than HG_FEWEST_STEPS of them
 * are none; nobody can run a program for longer to see.
 *
 * Pure. Any thread.
 */
#ifndef HG_VERDICT_STEPS_H
#define HG_VERDICT_STEPS_H

#include "analysis/lifetimes.h"

enum { HG_FEWEST_STEPS = 3 };

/* In how many of the measured rounds there were more at the end than at the end of any before. warmup: at
 * least 1. */
uint32_t hg_count_steps(const int64_t *values, uint32_t count, uint32_t warmup);

/* The measured round in which the one block came by which a site has more than before; 0: it is not so. */
uint32_t hg_round_of_one_block(const hg_history *history);

#endif
