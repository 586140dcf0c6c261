/*
 * How many ops the run has in which a cell's holders are looked for.
 *
 * As many as the first look, or those of the last one if it takes them to see the growth. That run takes
 * longer than the look, since every thread goes the slow way through every function. So where it would
 * allocate much, it has only as many ops as the last look shows to be enough:
 *   - each site that leaks has left some blocks by then, and those that leak most have left many;
 *   - all blocks that come and go have been replaced several times: what has a bound has come to it, and what
 *     is lost when it leaves a cache has left it;
 *   - it is not much cheaper than a run that would have been made whole.
 * A cell of which neither a leak nor its absence is certain, one that still fills, and the inventory of a
 * whole process have no such run.
 *
 * Pure. Any thread.
 */
#ifndef HG_HOLDERS_ENOUGH_OPS_H
#define HG_HOLDERS_ENOUGH_OPS_H

#include "process/plan.h"

/* Measured ones, after the warm-up. whole: all that the process holds is asked for. */
uint64_t hg_holders_enough_ops(const hg_cell *cell, const hg_cell_plan *plan, bool whole);

#endif
