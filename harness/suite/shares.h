/*
 * Dividing a suite's cells among shards.
 *
 * Longest processing time first (Graham, "Bounds on multiprocessing timing anomalies", 1969): the longest
 * cell that is left goes to the shard that has least to do, so that the slowest shard takes at most 4/3 of
 * what the best division would take. The same cells and times give the same division on every machine, as
 * each shard works it out for itself. Without any time the cells are dealt out in turn.
 */
#ifndef HG_SUITE_SHARES_H
#define HG_SUITE_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Gives each cell its shard, from 0 to shards - 1; shards is at least 1. A time that is not known is 0 or
 * less, and taken for the mean of those that are. False when memory ran out, with ret_shards untouched.
 */
bool hg_shares_divide(const double *seconds, size_t count, uint32_t shards, uint32_t *ret_shards);

#endif
