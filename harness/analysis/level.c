#include "analysis/level.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_VALUES = 4, FEW_VALUES = 16, MOST_PAIRS = HG_LEVEL_VALUES * (HG_LEVEL_VALUES - 1) / 2 };

/* Quantiles of the normal distribution: one-sided 1 in 1,000, and two-sided 1 in 20. */
static const double sure = 3.09;
static const double interval = 1.96;

typedef struct point {
    double ops, value;
} point;

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median_of(const double *sorted, uint32_t count)
{
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* Kendall's variance of the order's sum, less what ties take from it. */
static double variance_of_order(const point *points, uint32_t count)
{
    double n = count;
    double variance = n * (n - 1) * (2 * n + 5);
    bool seen[HG_LEVEL_VALUES] = {false};
    for (uint32_t i = 0; i < count; i++) {
        double alike = 0;
        for (uint32_t k = i; k < count && !seen[i]; k++) {
            if (points[k].value == points[i].value) {
                alike++;
                seen[k] = k != i;
            }
        }
        variance -= alike * (alike - 1) * (2 * alike + 5);
    }
    return variance / 18;
}

/* The first autocorrelation of what the line leaves over, and how far that scatters. */
static double autocorrelation(const point *points, uint32_t count, double slope, double *ret_deviation)
{
    double off[HG_LEVEL_VALUES];
    double mean = 0;
    double squares = 0;
    double products = 0;
    for (uint32_t i = 0; i < count; i++) {
        off[i] = points[i].value - slope * points[i].ops;
        mean += off[i] / count;
    }
    for (uint32_t i = 0; i < count; i++) {
        squares += (off[i] - mean) * (off[i] - mean);
        if (i > 0)
            products += (off[i] - mean) * (off[i - 1] - mean);
    }
    *ret_deviation = sqrt(squares / (count - 2));
    return squares > 0 ? products / squares : 0;
}

static uint32_t choose_points(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup,
                              point *ret_points)
{
    uint32_t all = count > warmup ? count - warmup : 0;
    uint32_t step = (all + HG_LEVEL_VALUES - 1) / HG_LEVEL_VALUES;
    uint32_t chosen = 0;
    for (uint32_t t = warmup; t < count; t += step)
        ret_points[chosen++] = (point){(double)ops[t], (double)values[t]};
    return chosen;
}

typedef struct thirds {
    double of[3];
} thirds;

static double range_of(const thirds *values)
{
    double least = fmin(fmin(values->of[0], values->of[1]), values->of[2]);
    return fmax(fmax(values->of[0], values->of[1]), values->of[2]) - least;
}

/* A rise lifts the least and the most alike. */
static void compare_thirds(const point *points, uint32_t count, hg_level *level)
{
    thirds least = {{INFINITY, INFINITY, INFINITY}};
    thirds most = {{-INFINITY, -INFINITY, -INFINITY}};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t third = 3 * i / count;
        least.of[third] = fmin(least.of[third], points[i].value);
        most.of[third] = fmax(most.of[third], points[i].value);
    }
    double low = least.of[2] <= least.of[0] ? range_of(&least) : INFINITY;
    double high = most.of[2] <= most.of[0] ? range_of(&most) : INFINITY;
    level->swing_bytes = fmin(low, high);
    level->rising_ops = (points[count - 1].ops - points[0].ops) * 2 / 3;
}

hg_level hg_level_of(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup)
{
    hg_level result = {0};
    point points[HG_LEVEL_VALUES];
    double slopes[MOST_PAIRS];
    uint32_t pairs = 0;
    double order = 0;
    uint32_t n = choose_points(values, ops, count, warmup, points);
    if (n < LEAST_VALUES)
        return result;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < i; k++) {
            double rise = points[i].value - points[k].value;
            double run = points[i].ops - points[k].ops;
            order += (rise > 0) - (rise < 0);
            slopes[pairs++] = run > 0 ? rise / run : 0;
        }
    }
    qsort(slopes, pairs, sizeof *slopes, compare_numbers);
    result.per_op = median_of(slopes, pairs);
    double deviation;
    double alike = autocorrelation(points, n, result.per_op, &deviation);
    double variance = variance_of_order(points, n) * (alike > 0 ? (1 + alike) / (1 - alike) : 1);
    double half = interval * sqrt(variance) / 2;
    double low = fmax(floor(pairs / 2.0 - half), 0);
    double high = fmin(ceil(pairs / 2.0 + half), pairs - 1);
    result.error = (slopes[(uint32_t)high] - slopes[(uint32_t)low]) / 2 / interval;
    result.rises = result.per_op > 0 && variance > 0 && (order - 1) / sqrt(variance) > sure;
    /* By simulation: what n values in noise of one deviation must rise by, over all of them, to pass the test
     * 19 times in 20. Chance puts few values in order often. */
    double span = points[n - 1].ops - points[0].ops;
    double rise = (n < FEW_VALUES ? 220.0 : 160.0) / n;
    result.seen_per_op = span > 0 ? deviation * rise / n * (n - 1) / span : 0;
    result.hidden_per_op = result.seen_per_op * fmin(1, 10 / rise);
    /* Neighbours that are alike make the order say little. Yet a run sees what it claims to see, where that
     * comes to half of what is alive. */
    bool is_much = 2 * result.per_op * span > points[n - 1].value;
    result.rises = result.rises || (n >= FEW_VALUES && result.per_op > result.seen_per_op && is_much);
    compare_thirds(points, n, &result);
    return result;
}
