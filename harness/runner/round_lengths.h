/*
 * How many ops each measured round has.
 *
 * Rounds of one length resonate with whatever the workload does in batches: rounds of 1,000 ops see the
 * buffer of a batch of 999 one record fuller each time, and in every longer run alike. So lengths differ:
 * they lie evenly spread within HG_LENGTH_SPREAD of their mean, in an order that depends on the seed, and
 * add up to what equal rounds would have. Op i stays op i.
 *
 * Pure. Any thread.
 */
#ifndef HG_RUNNER_ROUND_LENGTHS_H
#define HG_RUNNER_ROUND_LENGTHS_H

#include <stdint.h>

#define HG_LENGTH_SPREAD 4u /* a fourth of the mean, up or down */

/* ops: the mean, at least 1; ret_lengths: [rounds], each at least 1. */
void hg_round_lengths(uint64_t seed, uint64_t ops, uint32_t rounds, uint64_t *ret_lengths);

#endif
