/*
 * Dividing a suite's cells among shards.
 *
 * Longest processing time first (Graham, "Bounds on multiprocessing timing anomalies", 1969): the longest
 * cell that is left goes to the shard with the least work, so that the slowest shard takes at most 4/3 of
 * the time of the best division. Each shard computes the division for itself, so the same cells and times
 * give the same division on every machine. If no times are known, the cells are assigned in turn.
 */
#ifndef HG_SUITE_SHARES_H
#define HG_SUITE_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Gives each cell its shard, from 0 to shards - 1; shards is at least 1. A time of 0 or less is unknown, and
 * counts as the mean of the known times. False when memory ran out, with ret_shards untouched.
 */
bool hg_shares_divide(const double *seconds, size_t count, uint32_t shards, uint32_t *ret_shards);

#endif
