/*
 * The statistics that the analysis rests on: a series of increments summed up, and two tests.
 *
 * A trend is looked for in two ways, since each is blind where the other sees: a straight line through the
 * values, and the order of each pair of them (Kendall, "A new measure of rank correlation", Biometrika 30,
 * 1938), which tells a steep fall that flattens out from noise.
 *
 * Pure: no input or output, no clock, no allocation. Any thread.
 */
#ifndef HG_ANALYSIS_STATISTICS_H
#define HG_ANALYSIS_STATISTICS_H

#include <stdint.h>

/* Increments over rounds, one value a round. */
typedef struct hg_increments {
    double mean, error;        /* error: one standard error of the mean, as if the values were independent */
    double slope, slope_error; /* of the least-squares line through them, per round */
    double order; /* Kendall's S of values and rounds, in its standard errors; falling: below 0 */
    double late;  /* sum over the second half */
    uint32_t count;
    uint32_t positive, negative;            /* how many are above and below 0 */
    uint32_t first_positive, last_positive; /* which, from 1; 0: none */
} hg_increments;

/* Errors that so few values cannot give are infinite. */
hg_increments hg_increments_of(const double *values, uint32_t count);

/*
 * One-sided quantile of Student's t: exceeded by chance with the probability `level`, above 0 and below 1/2
 * (Abramowitz and Stegun, 26.7.3 and 26.7.4). Infinite for 0 degrees of freedom.
 */
double hg_student_quantile(uint32_t degrees_of_freedom, double level);

/*
 * How surprising it is to see so few events where so many were expected: -ln of an upper bound of the
 * probability that a Poisson variable with this mean is at most `seen` (Chernoff's bound); 0 where it is no
 * surprise.
 */
double hg_poisson_surprise(double seen, double expected);

#endif
