/*
 * Goal: the slope of a level and its error are those of the line, and noise is no rise. Method: levels with
 * known slopes, and random ones from fixed seeds, of which false alarms are counted.
 */
#include "analysis/slope.h"
#include "analysis/statistics.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { POINTS = 20, RUNS = 2000 };

static uint64_t random_state;

/* SplitMix64 (Steele, Lea and Flood, 2014). From 0 to below 1. */
static double chance(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

Test(slope, of_a_line_is_exact_and_goes_on)
{
    double level[POINTS];
    for (uint32_t i = 0; i < POINTS; i++)
        level[i] = 1000 + 7.0 * i;
    hg_slope slope = hg_slope_of(level, POINTS);
    cr_assert(fabs(slope.rise - 7) < 1e-9 && slope.error < 1e-9 && slope.goes_on);
}

Test(slope, of_a_level_that_rose_once_does_not_go_on)
{
    double level[POINTS];
    for (uint32_t i = 0; i < POINTS; i++)
        level[i] = i < POINTS / 3 ? 100 * i : 100 * (POINTS / 3);
    cr_assert(not(hg_slope_of(level, POINTS).goes_on));
}

Test(slope, of_too_few_points_has_no_error_that_anything_exceeds)
{
    const double level[] = {1, 2, 3};
    cr_assert(isinf(hg_slope_of(level, 3).error));
}

/* Whether noise that is like its neighbour by this share is taken for a rise: how often. */
static int false_alarms(double like)
{
    int alarms = 0;
    random_state = 42;
    for (int run = 0; run < RUNS; run++) {
        double level[POINTS], value = 0;
        for (uint32_t i = 0; i < POINTS; i++) {
            value = like * value + chance() - 0.5;
            level[i] = 1000 + value;
        }
        hg_slope slope = hg_slope_of(level, POINTS);
        alarms += slope.goes_on && slope.rise > hg_student_quantile(POINTS - 2, 1e-4) * slope.error;
    }
    return alarms;
}

Test(slope, of_noise_is_none)
{
    cr_assert(le(int, false_alarms(0), 2));
    cr_assert(le(int, false_alarms(0.5), 10)); /* without the wider error: 13 */
}
