/* A virtual day of traffic: whatever the seed, it has the declared rate, a curve, bursts and deploys. */
#include "production_day.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { SEEDS = 50, RATE = 1000 };

static uint64_t requests_between(uint64_t seed, uint64_t from, uint64_t until, uint32_t rate)
{
    uint64_t sum = 0;

    for (uint64_t minute = from; minute < until; minute++)
        sum += day_requests(seed, minute, rate);
    return sum;
}

Test(workload_day, brings_the_declared_rate_and_its_bursts)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t day = requests_between(seed, 0, DAY_MINUTES, RATE);

        /* Five bursts of at most 15 minutes at most nine times an average minute come on top. */
        cr_assert_geq(day, 24 * RATE - 100, "seed %lu: %lu", seed, day);
        cr_assert_leq(day, 24 * RATE + 5 * 15 * 9 * RATE / 60, "seed %lu: %lu", seed, day);
    }
}

Test(workload_day, is_busier_in_the_afternoon_than_at_night)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t night = requests_between(seed, 120, 300, RATE);
        uint64_t afternoon = requests_between(seed, 13 * 60, 16 * 60, RATE);

        cr_assert_gt(afternoon, 2 * night, "seed %lu: %lu and %lu", seed, afternoon, night);
    }
}

Test(workload_day, has_bursts_of_several_times_the_traffic)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        unsigned bursts = 0;

        for (uint64_t minute = 1; minute < DAY_MINUTES; minute++)
            bursts += day_requests(seed, minute, 60000) > 3 * day_requests(seed, minute - 1, 60000);
        cr_assert_geq(bursts, 1, "seed %lu", seed);
        cr_assert_leq(bursts, 5, "seed %lu", seed);
    }
}

Test(workload_day, keeps_a_rate_below_one_a_minute)
{
    uint64_t sum = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        sum += requests_between(seed, 0, DAY_MINUTES, 1);
    cr_expect_geq(sum, SEEDS * 24 * 8 / 10);
    cr_expect_leq(sum, SEEDS * 24 * 14 / 10);
}

Test(workload_day, holds_at_the_highest_rate_and_after_centuries)
{
    uint64_t far = (uint64_t)1 << 40;

    cr_expect_gt(day_requests(1, 13 * 60, DAY_MOST_PER_HOUR), DAY_MOST_PER_HOUR / 60);
    cr_expect_gt(requests_between(UINT64_MAX, far, far + DAY_MINUTES, RATE), 20 * RATE);
}

Test(workload_day, deploys_once_in_every_two_hours)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        unsigned deploys = 0;

        for (uint64_t minute = 0; minute < DAY_MINUTES; minute++) {
            deploys += day_has_deploy(seed, minute);
            if ((minute + 1) % 120 == 0)
                cr_assert_eq(deploys, (minute + 1) / 120, "seed %lu, minute %lu", seed, minute);
        }
    }
}

Test(workload_day, follows_from_seed_and_minute_alone)
{
    bool differs = false;

    for (uint64_t minute = 0; minute < DAY_MINUTES; minute++) {
        cr_assert_eq(day_requests(7, minute, RATE), day_requests(7, minute, RATE));
        differs |= day_requests(7, minute, RATE) != day_requests(8, minute, RATE);
    }
    cr_expect(differs, "every seed gives the same day");
}
