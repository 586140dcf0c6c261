/*
 * Goal: repeated timings give their median and quartiles, a build is called too slow only where most pairs
 * say so, and the histogram of latencies is as exact as it promises over its whole range.
 */
#include "analysis/spread.h"
#include "record/histogram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(harness_spread, takes_the_median_and_the_quartiles)
{
    const double five[] = {50, 10, 40, 20, 30};
    hg_spread spread = hg_spread_of(five, 5);
    cr_assert(eq(dbl, spread.median, 30));
    cr_assert(eq(dbl, spread.low, 20));
    cr_assert(eq(dbl, spread.high, 40));
    const double two[] = {3, 1};
    spread = hg_spread_of(two, 2);
    cr_assert(eq(dbl, spread.median, 2));
    cr_assert(eq(dbl, spread.low, 1.5));
    cr_assert(eq(dbl, spread.high, 2.5));
    spread = hg_spread_of(two, 1);
    cr_assert(eq(dbl, spread.median, 3));
    cr_assert(eq(dbl, spread.low, 3));
    cr_assert(eq(dbl, spread.high, 3));
}

Test(harness_spread, has_nothing_to_say_of_nothing)
{
    hg_spread spread = hg_spread_of(NULL, 0);
    cr_assert(eq(dbl, spread.median, 0));
    const double gaps[] = {0, 4, 0, 2};
    cr_assert(eq(dbl, hg_spread_of(gaps, 4).median, 3));
    cr_assert(not(hg_speed_is_too_slow(spread, 1)));
}

Test(harness_spread, keeps_to_its_room_with_more_values_than_are_repeated)
{
    double many[3 * HG_SPEED_MOST_REPETITIONS];
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = (double)i + 1;
    cr_assert(eq(dbl, hg_spread_of(many, sizeof many / sizeof *many).median,
                 (HG_SPEED_MOST_REPETITIONS + 1) / 2.0));
}

Test(harness_spread, compares_pair_by_pair_so_that_a_busy_machine_hits_both)
{
    const double before[] = {100, 10, 1000, 50, 500};
    const double after[] = {50, 5, 500, 25, 250};
    hg_spread against = hg_speed_against(after, before, 5);
    cr_assert(eq(dbl, against.median, 0.5));
    cr_assert(eq(dbl, against.low, 0.5));
    cr_assert(eq(dbl, against.high, 0.5));
    cr_assert(hg_speed_is_too_slow(against, 1.9));
    cr_assert(not(hg_speed_is_too_slow(against, 2.0)));
}

Test(harness_spread, forgives_a_median_that_is_too_slow_where_the_spread_is_wide)
{
    const double before[] = {100, 100, 100, 100, 100, 100, 100};
    const double after[] = {50, 60, 70, 75, 110, 120, 130};
    hg_spread against = hg_speed_against(after, before, 7);
    cr_assert(lt(dbl, against.median, 1 / 1.2));
    cr_assert(not(hg_speed_is_too_slow(against, 1.2)));
}

Test(harness_spread, leaves_out_pairs_without_a_figure)
{
    const double before[] = {100, 0, 100};
    const double after[] = {200, 100, 0};
    cr_assert(eq(dbl, hg_speed_against(after, before, 3).median, 2));
}

Test(harness_spread, a_histogram_knows_every_duration_to_one_part_in_64)
{
    uint32_t last = 0;
    for (uint64_t value = 1; value < UINT64_C(1) << 40; value += value / 97 + 1) {
        uint32_t bucket = hg_histogram_bucket(value);
        cr_assert(lt(u32, bucket, HG_HISTOGRAM_BUCKETS));
        cr_assert(ge(u32, bucket, last), "%llu", (unsigned long long)value);
        cr_assert(le(dbl, fabs(hg_histogram_value(bucket) - (double)value), (double)value / 64), "%llu",
                  (unsigned long long)value);
        last = bucket;
    }
    cr_assert(eq(u32, hg_histogram_bucket(UINT64_MAX), HG_HISTOGRAM_BUCKETS - 1));
}

Test(harness_spread, a_histogram_gives_quantiles)
{
    static hg_histogram histogram;
    cr_assert(eq(dbl, hg_histogram_quantile(&histogram, 0.5), 0));
    for (uint64_t i = 1; i <= 1000; i++)
        hg_histogram_add(&histogram, i * 1000);
    cr_assert(lt(dbl, fabs(hg_histogram_quantile(&histogram, 0.5) - 500000), 500000 / 64.0));
    cr_assert(lt(dbl, fabs(hg_histogram_quantile(&histogram, 0.99) - 990000), 990000 / 64.0));
    cr_assert(lt(dbl, fabs(hg_histogram_quantile(&histogram, 1) - 1000000), 1000000 / 64.0));
}
