/*
 * What repeated timings say: their middle, how far they spread, and whether one build is slower than another.
 *
 * Timings of one program differ by more than a clock's error, and never to its advantage: another process
 * ran, or memory lay badly. So the figure is the median of repetitions in fresh processes, the spread their
 * quartiles, and two builds are compared pair by pair: repetitions that ran one after the other, in which the
 * machine was as busy for one as for the other.
 *
 * Pure: no input or output, no clock, no allocation. Any thread.
 */
#ifndef HG_ANALYSIS_SPREAD_H
#define HG_ANALYSIS_SPREAD_H

#include "model/model.h"
#include <stdbool.h>
#include <stdint.h>

/* Repetitions at first, and in all where a slowdown is to be confirmed. */
#define HG_SPEED_REPETITIONS      7u
#define HG_SPEED_MOST_REPETITIONS 21u

/* With fewer a build's slowdown is not judged. */
#define HG_SPEED_LEAST_REPETITIONS 3u

/* Median and quartiles, interpolated between values. Values must be finite; those not above 0 are none, and
 * all is 0 where there are none. */
hg_spread hg_spread_of(const double *values, uint32_t count);

/* Ops per second of a build as a multiple of those of the reference, pair by pair. */
hg_spread hg_speed_against(const double *speeds, const double *reference, uint32_t count);

/*
 * Whether the build takes longer than max_slowdown times what the reference takes, and not by chance: in
 * three of four pairs, and so by the median, too.
 */
bool hg_speed_is_too_slow(hg_spread against, double max_slowdown);

#endif
