/*
 * Whether two looks saw the same leak: at the same call paths, at the same rate.
 *
 * Under skewed keys a cache fills like a power of the ops, in each look a little slower; so a rate that is
 * surely slower than before is not the same.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_CONFIRM_H
#define HG_ANALYSIS_CONFIRM_H

#include "model/model.h"

/* A difference of so many errors is no chance: 1 in 160. */
#define HG_SURE_ERRORS 2.5

/*
 * Whether the leak that `now` shows was there `before`, for half of its bytes at least. Open files, threads
 * and growth that is spread thinly have no call path: there it is enough that both looks saw a leak.
 */
bool hg_look_confirms(const hg_cell *before, const hg_cell *now);

/*
 * Whether a leak heeds the clock: in a look in which time passes between the rounds, what grew is given back,
 * or some of it grows less than half as fast. rate: bytes per op of a look of that length in which no time
 * passed; where there was hardly any, as of growth in steps, this one says nothing.
 */
bool hg_look_heeds_clock(const hg_cell *leak, double rate, const hg_cell *timed);

/*
 * Growth that is unclear in one look, because blocks are made anew or come and go, is a leak where two looks
 * agree on its rate. Makes such call paths of a leaking cell leaks, as far as the cell's rate has them in it,
 * puts the sites in order again, and returns how many they are.
 */
size_t hg_look_join(const hg_cell *before, hg_cell *now);

#endif
