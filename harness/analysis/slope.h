/*
 * Whether a level rises: a straight line through what was alive at points in time, and the error of its
 * slope.
 *
 * Increments (statistics.h) tell growth from noise that adds up; where the noise comes and goes, as that of
 * sampling does, a line tells smaller growth. What is left beside the line may be like its neighbours: the
 * error is widened for that (by the first autocorrelation, as for an autoregressive series). A level that
 * rose once and stays does not rise on in its last third.
 *
 * Pure: no input or output, no clock, no allocation. Any thread.
 */
#ifndef HG_ANALYSIS_SLOPE_H
#define HG_ANALYSIS_SLOPE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hg_slope {
    double rise, error;     /* per point; error: one standard error, infinite for fewer than four points */
    double autocorrelation; /* of what is left, 0 to 0.95 */
    bool goes_on; /* the last third is above the middle one, by a fair part of what that is above the
                               first */
} hg_slope;

/* Of points in equal distance. */
hg_slope hg_slope_of(const double *values, uint32_t count);

#endif
