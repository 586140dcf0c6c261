/*
 * The growth watch on streams with known answers. Random streams are drawn anew for many seeds: a watch that
 * is wrong once in a few hundred streams fails here.
 */
#include "growth_watch.h"
#include "random.h"

#include <criterion/criterion.h>

enum { SEEDS = 200, SAMPLES = 40000 };

/* The figure at sample i of a stream; state is the stream's, 0 at first. */
typedef uint64_t stream_fn(struct random *random, uint64_t i, uint64_t *state);

/* The sample at which the watch first says so; SAMPLES where it never does. */
static uint64_t first_alert(stream_fn *stream, uint64_t seed, toka_growth *ret_growth)
{
    toka_growth_watch watch = {0};
    struct random random = random_for_op(seed, 0);
    uint64_t state = 0;

    for (uint64_t i = 0; i < SAMPLES; i++)
        if (toka_growth_watch_add(&watch, stream(&random, i, &state), ret_growth))
            return i;
    return SAMPLES;
}

static void expect_silence(stream_fn *stream)
{
    toka_growth growth;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t alert = first_alert(stream, seed, &growth);

        cr_assert_eq(alert, SAMPLES, "seed %lu: alert at sample %lu", seed, alert);
    }
}

static void expect_alert_within(stream_fn *stream, uint64_t samples)
{
    toka_growth growth = {0};

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        uint64_t alert = first_alert(stream, seed, &growth);

        cr_assert_lt(alert, samples, "seed %lu: alert at sample %lu", seed, alert);
        cr_assert_gt(growth.grown, 0);
        cr_assert_gt(growth.samples, 0);
    }
}

static uint64_t flat(struct random *random, uint64_t i, uint64_t *state)
{
    (void)random, (void)i, (void)state;
    return 4096;
}

Test(monitor_watch, says_nothing_of_a_flat_line)
{
    toka_growth growth;

    cr_expect_eq(first_alert(flat, 1, &growth), SAMPLES);
}

static uint64_t noise(struct random *random, uint64_t i, uint64_t *state)
{
    (void)i, (void)state;
    return 100000 + random_below(random, 50000);
}

Test(monitor_watch, says_nothing_of_noise)
{
    expect_silence(noise);
}

/* What several threads have in flight: sums of spans, so that one sample resembles the next. */
static uint64_t in_flight(struct random *random, uint64_t i, uint64_t *state)
{
    (void)i;
    *state = *state - *state / 2 + random_below(random, 1000);
    return *state;
}

Test(monitor_watch, says_nothing_of_what_is_in_flight)
{
    expect_silence(in_flight);
}

static uint64_t saw(struct random *random, uint64_t i, uint64_t *state)
{
    *state += 64;
    if (random_below(random, 12) == 0 || i % (7 * TOKA_GROWTH_ROUND) == 0)
        *state = 0;
    return *state;
}

Test(monitor_watch, says_nothing_of_growth_that_falls_back)
{
    expect_silence(saw);
}

/* Eight keys in random order: the more there are already, the fewer are new. */
static uint64_t filling(struct random *random, uint64_t i, uint64_t *state)
{
    (void)i;
    if (random_below(random, 8) >= *state)
        ++*state;
    return *state * 100;
}

Test(monitor_watch, says_nothing_of_what_fills_up_within_a_dozen_rounds)
{
    expect_silence(filling);
}

static uint64_t stepped(struct random *random, uint64_t i, uint64_t *state)
{
    (void)random, (void)state;
    return i < 3000 ? i / 1000 * 8192 : 24576;
}

Test(monitor_watch, says_nothing_of_a_few_steps)
{
    toka_growth growth;

    cr_expect_eq(first_alert(stepped, 1, &growth), SAMPLES);
}

static uint64_t leak_in_every_sample(struct random *random, uint64_t i, uint64_t *state)
{
    (void)random, (void)state;
    return i * 48;
}

Test(monitor_watch, tells_a_leak_within_fourteen_rounds_and_how_much)
{
    toka_growth growth = {0};
    uint64_t alert = first_alert(leak_in_every_sample, 1, &growth);

    cr_expect_eq(alert, TOKA_GROWTH_ROUND * (TOKA_GROWTH_RISES + 1) - 1);
    cr_expect_eq(growth.samples, TOKA_GROWTH_ROUND * TOKA_GROWTH_RISES);
    cr_expect_eq(growth.grown, growth.samples * 48);
}

static uint64_t leak_under_noise(struct random *random, uint64_t i, uint64_t *state)
{
    (void)state;
    return i * 100 + random_below(random, 20000);
}

Test(monitor_watch, tells_a_leak_under_noise)
{
    expect_alert_within(leak_under_noise, 4000);
}

static uint64_t rare_leak(struct random *random, uint64_t i, uint64_t *state)
{
    (void)i;
    if (random_below(random, 25) == 0)
        *state += 24;
    return *state;
}

Test(monitor_watch, tells_a_leak_that_strikes_once_in_six_rounds)
{
    expect_alert_within(rare_leak, SAMPLES);
}

Test(monitor_watch, says_so_again_only_with_new_evidence)
{
    toka_growth_watch watch = {0};
    toka_growth growth;
    uint64_t last = 0;
    unsigned alerts = 0;

    for (uint64_t i = 0; i < 2000; i++) {
        if (!toka_growth_watch_add(&watch, i * 48, &growth))
            continue;
        cr_expect(alerts == 0 || i - last >= (uint64_t)TOKA_GROWTH_ROUND * TOKA_GROWTH_RISES);
        last = i;
        alerts++;
    }
    cr_expect_geq(alerts, 5);
}

Test(monitor_watch, survives_the_largest_figures)
{
    toka_growth_watch watch = {0};
    toka_growth growth;
    bool alert = false;

    for (uint64_t i = 0; i < 4000; i++)
        alert |= toka_growth_watch_add(&watch, i % 2 ? UINT64_MAX : 0, &growth);
    cr_expect_not(alert);
}
