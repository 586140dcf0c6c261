/*
 * Goal: growth of the whole is told from noise by the low-water marks of the rounds. Method: series with
 * known slopes; random ones from fixed seeds, of which false alarms are counted.
 */
#include "analysis/level.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { OPS = 1000, MOST = 200, WARMUP = 2 };

static uint64_t random_state;

/* SplitMix64 (Steele, Lea and Flood, 2014). From above 0 up to 1. */
static double chance(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)(((z ^ z >> 31) >> 11) + 1) / 9007199254740992.0;
}

static void seed_with(uint64_t seed)
{
    random_state = (seed + 1) * UINT64_C(0xd1342543de82ef95);
}

/* Normal, by Box and Muller. */
static double noise(void)
{
    double length = sqrt(-2 * log(chance()));
    return length * cos(2 * 3.14159265358979323846 * chance());
}

static hg_level level_of(const double *values, uint32_t count)
{
    int64_t bytes[MOST + WARMUP];
    int64_t ops[MOST + WARMUP];
    for (uint32_t i = 0; i < count + WARMUP; i++) {
        bytes[i] = i < WARMUP ? -1000000 : (int64_t)llround(values[i - WARMUP]);
        ops[i] = (int64_t)OPS * (i + 1);
    }
    return hg_level_of(bytes, ops, count + WARMUP, WARMUP);
}

Test(harness_level, stands_still_where_every_round_is_alike)
{
    double values[10];
    for (int i = 0; i < 10; i++)
        values[i] = 123456;
    hg_level level = level_of(values, 10);
    cr_assert(not(level.rises));
    cr_assert(ieee_ulp_eq(dbl, level.per_op, 0, 0));
    cr_assert(ieee_ulp_eq(dbl, level.error, 0, 0));
    cr_assert(epsilon_eq(dbl, level.hidden_per_op, 0, 1e-9));
}

Test(harness_level, rises_with_a_line_at_its_slope_and_does_not_look_at_the_warm_up)
{
    double values[10];
    for (int i = 0; i < 10; i++)
        values[i] = 5000 + 32.0 * OPS * i;
    hg_level level = level_of(values, 10);
    cr_assert(level.rises);
    cr_assert(epsilon_eq(dbl, level.per_op, 32, 1e-9));
    cr_assert(epsilon_eq(dbl, level.error, 0, 1e-9));
    for (int i = 0; i < 10; i++)
        values[i] = -values[i];
    level = level_of(values, 10);
    cr_assert(not(level.rises), "it falls");
    cr_assert(epsilon_eq(dbl, level.per_op, -32, 1e-9));
}

/* The order of values that follow a slow wave says little. */
Test(harness_level, rises_where_it_does_by_more_than_it_claims_to_see)
{
    enum { VALUES = 24 };
    double values[VALUES];
    for (int i = 0; i < VALUES; i++)
        values[i] = OPS * (1000.0 * i + 1500 * cos(2 * 3.14159265 * i / VALUES));
    hg_level level = level_of(values, VALUES);
    cr_assert(lt(dbl, level.seen_per_op, level.per_op));
    cr_assert(level.rises);
    for (int i = 0; i < VALUES; i++)
        values[i] = OPS * (100.0 * i + 1500 * cos(2 * 3.14159265 * i / VALUES));
    level = level_of(values, VALUES);
    cr_assert(lt(dbl, level.per_op, level.seen_per_op));
    cr_assert(not(level.rises));
}

Test(harness_level, rises_by_ops_where_rounds_differ_in_length)
{
    const int64_t lengths[] = {1000, 1000, 750, 1250, 1100, 900, 1250, 750, 1000, 1000, 900, 1100};
    int64_t ops[12];
    int64_t values[12];
    for (size_t i = 0; i < 12; i++) {
        ops[i] = lengths[i] + (i > 0 ? ops[i - 1] : 0);
        values[i] = 3 * ops[i];
    }
    hg_level level = hg_level_of(values, ops, 12, 2);
    cr_assert(level.rises);
    cr_assert(epsilon_eq(dbl, level.per_op, 3, 1e-9));
}

/* A single wild value moves the median of the slopes little. */
Test(harness_level, keeps_its_slope_beside_an_outlier)
{
    double values[20];
    for (int i = 0; i < 20; i++)
        values[i] = 10.0 * OPS * i;
    values[13] = 1e9;
    hg_level level = level_of(values, 20);
    cr_assert(level.rises);
    cr_assert(epsilon_eq(dbl, level.per_op, 10, 0.5));
}

/* Noise of one deviation, and a rise of so many deviations from round to round. */
static hg_level line_with_noise(double step, uint32_t count, uint64_t seed)
{
    double values[MOST];
    seed_with(seed);
    for (uint32_t i = 0; i < count; i++)
        values[i] = 1000000 + 1000 * (step * i + noise());
    return level_of(values, count);
}

Test(harness_level, finds_a_slow_rise_in_noise_at_its_slope_within_its_error)
{
    enum { SEEDS = 500 };
    const uint32_t counts[] = {16, 20, 64, 200};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        double step = 10.0 / counts[k];
        size_t found = 0;
        size_t off = 0;
        double sum = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            hg_level level = line_with_noise(step, counts[k], seed);
            found += level.rises;
            off += fabs(level.per_op - step) > 3 * level.error;
            sum += level.per_op;
        }
        cr_log_info("%u rounds: found %zu of %d, %zu off", counts[k], found, SEEDS, off);
        cr_expect(ge(sz, found, SEEDS * 93 / 100), "%u rounds: %zu", counts[k], found);
        cr_expect(le(sz, off, SEEDS / 50), "%u rounds: %zu off", counts[k], off);
        cr_expect(epsilon_eq(dbl, sum / SEEDS, step, 0.03 * step), "%u rounds", counts[k]);
    }
}

Test(harness_level, is_honest_about_the_rise_that_is_noticed)
{
    enum { SEEDS = 500 };
    const uint32_t counts[] = {10, 12, 16, 20, 64};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        size_t noticed = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            hg_level flat = line_with_noise(0, counts[k], seed);
            noticed += line_with_noise(flat.seen_per_op, counts[k], seed + SEEDS).rises;
        }
        cr_log_info("%u rounds: %zu of %d rises are noticed", counts[k], noticed, SEEDS);
        cr_expect(ge(sz, noticed, SEEDS * 93 / 100), "%u rounds: %zu", counts[k], noticed);
    }
}

/* What is freed in batches: a sawtooth whose low water is the leak, and once in a while half a tooth. */
Test(harness_level, sees_a_leak_through_the_low_water_of_a_sawtooth)
{
    double leaking[20];
    double healthy[20];
    for (int i = 0; i < 20; i++) {
        double tooth = i % 5 == 4 ? 300000 : 0;
        leaking[i] = tooth + 2.0 * OPS * i;
        healthy[i] = tooth;
    }
    hg_level level = level_of(leaking, 20);
    cr_assert(level.rises);
    cr_assert(epsilon_eq(dbl, level.per_op, 2, 0.2));
    level = level_of(healthy, 20);
    cr_assert(not(level.rises));
    cr_assert(ieee_ulp_eq(dbl, level.per_op, 0, 0));
    cr_assert(lt(dbl, 2, level.hidden_per_op));
}

Test(harness_level, knows_what_swings_and_returns)
{
    double swinging[12];
    double leaking[12];
    double above[12];
    for (int i = 0; i < 12; i++) {
        swinging[i] = i % 3 == 0 ? 100 : 1000;
        leaking[i] = swinging[i] + 200 * i;
        above[i] = i < 2 ? 100 : i % 2 ? 1000 : 800; /* its lowest is not reached again, its highest is */
    }
    hg_level level = level_of(swinging, 12);
    cr_assert(ieee_ulp_eq(dbl, level.swing_bytes, 0, 0));
    cr_assert(epsilon_eq(dbl, level.rising_ops, OPS * 11 * 2 / 3.0, 1));
    cr_assert(isinf(level_of(leaking, 12).swing_bytes));
    cr_assert(ieee_ulp_eq(dbl, level_of(above, 12).swing_bytes, 0, 0));
    above[11] = 1001;
    cr_assert(isinf(level_of(above, 12).swing_bytes), "neither is");
}

Test(harness_level, is_not_taken_in_by_ties)
{
    double values[10] = {0};
    values[9] = 100;
    cr_assert(not(level_of(values, 10).rises), "one step at the end");
    for (int i = 0; i < 10; i++)
        values[i] = i < 5 ? 0 : 100;
    cr_assert(not(level_of(values, 10).rises), "one step in the middle");
    for (int i = 0; i < 10; i++)
        values[i] = i % 2;
    cr_assert(not(level_of(values, 10).rises), "up and down");
    double stairs[30];
    for (int i = 0; i < 30; i++)
        stairs[i] = 1000.0 * (i / 3);
    hg_level level = level_of(stairs, 30);
    cr_assert(level.rises, "a step every third round");
    cr_assert(epsilon_eq(dbl, level.per_op, 1.0 / 3, 0.02));
}

Test(harness_level, says_nothing_of_fewer_than_four_values)
{
    const double values[] = {0, 1000, 2000, 3000};
    for (uint32_t count = 0; count < 4; count++) {
        hg_level level = level_of(values, count);
        cr_assert(not(level.rises));
        cr_assert(ieee_ulp_eq(dbl, level.per_op, 0, 0));
        cr_assert(ieee_ulp_eq(dbl, level.hidden_per_op, 0, 0));
    }
    cr_assert(not(hg_level_of(NULL, NULL, 0, 2).rises));
    cr_assert(epsilon_eq(dbl, level_of(values, 4).per_op, 1, 1e-9));
    cr_assert(not(level_of(values, 4).rises), "four in order come by chance once in 24 times");
}

/* Chance makes the level rise in fewer than 2 of 1,000 cells that stand still. */
static void expect_few_alarms(const char *name, uint32_t count, double (*next)(double before))
{
    enum { SERIES = 10000 };
    size_t alarms = 0;
    for (uint64_t seed = 0; seed < SERIES; seed++) {
        double values[MOST];
        double value = 0;
        seed_with(seed);
        for (uint32_t i = 0; i < count; i++)
            values[i] = 1000 * (value = next(value));
        alarms += level_of(values, count).rises;
    }
    cr_log_info("%s, %u rounds: %zu alarms in %d", name, count, alarms, SERIES);
    cr_expect(lt(sz, alarms, 2 * SERIES / 1000), "%s, %u rounds: %zu alarms", name, count, alarms);
}

static double normal(double before)
{
    (void)before;
    return noise();
}

static double uniform(double before)
{
    (void)before;
    return chance();
}

static double heavy_tailed(double before)
{
    (void)before;
    return fmin(pow(chance(), -1 / 1.2), 1e9);
}

static double few_values(double before)
{
    (void)before;
    return floor(3 * chance());
}

Test(harness_level, rises_by_chance_in_fewer_than_2_of_1000_series_that_stand_still)
{
    const uint32_t counts[] = {8, 10, 20, 64};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        expect_few_alarms("normal", counts[k], normal);
        expect_few_alarms("uniform", counts[k], uniform);
        expect_few_alarms("heavy tail", counts[k], heavy_tailed);
        expect_few_alarms("few values", counts[k], few_values);
    }
}

/* Neighbours are alike: without the variance that this adds, every second walk of this kind would rise or
 * fall. */
static double tethered_walk(double before)
{
    return 0.6 * before + noise();
}

Test(harness_level, hardly_rises_where_neighbours_are_alike)
{
    enum { SERIES = 2000 };
    size_t alarms = 0;
    for (uint64_t seed = 0; seed < SERIES; seed++) {
        double values[64];
        double value = 0;
        seed_with(seed);
        for (uint32_t i = 0; i < 64; i++)
            values[i] = 1000 * (value = tethered_walk(value));
        alarms += level_of(values, 64).rises;
    }
    cr_log_info("%zu alarms in %d walks", alarms, SERIES);
    cr_assert(lt(sz, alarms, SERIES / 100), "%zu of %d", alarms, SERIES);
}
