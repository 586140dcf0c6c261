/*
 * Goal: every pattern of growth (harness/analysis/growth.h) is told apart from every other, and patterns that
 * do not grow are never called leaks. Method: simulated heaps with known behaviour (harness_histories.h);
 * random ones over hundreds of seeds.
 */
#include "analysis/statistics.h"
#include "harness_histories.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

enum { WARMUP = 2, ROUNDS = 10, SEEDS = 500 };

static hg_growth finish(heap_history *heap)
{
    hg_growth growth = history_growth(heap);
    free(heap);
    return growth;
}

/* Every op loses a block with this chance. */
static hg_growth lose_at_random(double chance, uint32_t rounds, uint32_t ops_per_step, uint64_t seed)
{
    heap_history *heap = history_new(WARMUP, rounds, seed);
    while (heap->now < heap->epochs) {
        for (uint32_t i = 0; i < HISTORY_OPS * ops_per_step; i++)
            if (history_chance(heap) < chance)
                history_born(heap, 32);
        history_checkpoint(heap);
    }
    return finish(heap);
}

static bool is_noticed(hg_growth growth)
{
    return growth.growth_class == HG_CLASS_LEAK || growth.unclear;
}

Test(harness_growth, calls_a_block_lost_every_op_a_leak_at_its_exact_rate)
{
    hg_growth growth = lose_at_random(1, ROUNDS, 1, 1);
    cr_assert(eq(int, growth.growth_class, HG_CLASS_LEAK));
    cr_assert(not(growth.unclear));
    cr_assert(ieee_ulp_eq(dbl, growth.blocks_per_round, 1000, 8));
    cr_assert(ieee_ulp_eq(dbl, growth.bytes_per_round, 32000, 8));
    cr_assert(epsilon_eq(dbl, growth.bytes_per_round_error, 0, 1e-6));
}

Test(harness_growth, never_takes_a_block_lost_in_2000_ops_for_one_time)
{
    size_t noticed = 0;
    size_t leaks = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        noticed += is_noticed(lose_at_random(1.0 / 2000, ROUNDS, 1, seed));
        leaks += lose_at_random(1.0 / 2000, ROUNDS, 16, seed).growth_class == HG_CLASS_LEAK;
    }
    cr_log_info("1 in 2000: noticed at once in %zu of %d runs, a leak in %zu after extension", noticed, SEEDS,
                leaks);
    cr_assert(ge(sz, noticed, SEEDS * 85 / 100), "noticed in %zu of %d", noticed, SEEDS);
    cr_assert(ge(sz, leaks, SEEDS * 97 / 100), "called a leak in %zu of %d", leaks, SEEDS);
}

static hg_growth fill_ring(uint32_t bound, uint32_t warmup, uint32_t leak_every)
{
    heap_history *heap = history_new(warmup, ROUNDS, 1);
    block_ring ring = {.bound = bound};
    while (heap->now < heap->epochs) {
        for (uint32_t i = 0; i < HISTORY_OPS; i++) {
            block_ring_op(&ring, heap, 48);
            if (leak_every && i % leak_every == 0)
                history_born(heap, 48);
        }
        history_checkpoint(heap);
    }
    return finish(heap);
}

Test(harness_growth, calls_a_bounded_cache_bounded_whatever_its_bound)
{
    const uint32_t bounds[] = {1, 7, 100, 999, 1000, 1001, 2500, 3000, 5999};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        hg_growth growth = fill_ring(bounds[i], 8, 0);
        cr_assert(eq(int, growth.growth_class, HG_CLASS_BOUNDED), "bound %u", bounds[i]);
        cr_assert(not(growth.unclear), "bound %u", bounds[i]);
        cr_assert(epsilon_eq(dbl, growth.bytes_per_round, 0, 1e-9), "bound %u", bounds[i]);
    }
}

Test(harness_growth, finds_a_leak_beside_a_cache_in_the_same_site)
{
    const uint32_t bounds[] = {100, 1000, 3000};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        hg_growth growth = fill_ring(bounds[i], 8, 10);
        cr_assert(eq(int, growth.growth_class, HG_CLASS_LEAK), "bound %u", bounds[i]);
        cr_assert(epsilon_eq(dbl, growth.blocks_per_round, 100, 1), "bound %u: %g", bounds[i],
                  growth.blocks_per_round);
        cr_assert(epsilon_eq(dbl, growth.bytes_per_round, 4800, 48), "bound %u: %g", bounds[i],
                  growth.bytes_per_round);
    }
}

/* warmup rounds, then a measured run, of a cache under skewed keys; each op leaks a block with this
 * chance. */
static hg_growth run_zipf(uint32_t bound, uint32_t warmup, double leak, uint64_t seed)
{
    heap_history *heap = history_new(warmup, ROUNDS, seed);
    zipf_cache *cache = zipf_cache_new(5000, bound);
    while (heap->now < heap->epochs) {
        for (uint32_t i = 0; i < HISTORY_OPS; i++) {
            zipf_cache_op(cache, heap, 64);
            if (leak > 0 && history_chance(heap) < leak)
                history_born(heap, 64);
        }
        history_checkpoint(heap);
    }
    zipf_cache_free(cache);
    return finish(heap);
}

Test(harness_growth, raises_no_false_alarm_over_skewed_caches_at_rest)
{
    const uint32_t bounds[] = {200, 1000};
    for (size_t b = 0; b < 2; b++) {
        size_t leaks = 0;
        size_t unclear = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            hg_growth growth = run_zipf(bounds[b], 6, 0, seed);
            leaks += growth.growth_class == HG_CLASS_LEAK;
            unclear += growth.unclear;
        }
        cr_log_info("cache of %u: %zu leaks, %zu unclear of %d", bounds[b], leaks, unclear, SEEDS);
        cr_assert(eq(sz, leaks, 0), "bound %u", bounds[b]);
        cr_assert(le(sz, unclear, SEEDS / 20), "bound %u: %zu unclear", bounds[b], unclear);
    }
}

Test(harness_growth, finds_a_leak_beside_a_skewed_cache)
{
    enum { RUNS = 100 };
    size_t found = 0;
    size_t near = 0;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        hg_growth growth = run_zipf(200, 6, 0.5, seed);
        found += growth.growth_class == HG_CLASS_LEAK;
        near += fabs(growth.bytes_per_round - 32000) <= 4 * growth.bytes_per_round_error;
    }
    cr_assert(eq(sz, found, RUNS));
    cr_assert(ge(sz, near, RUNS * 95 / 100), "the rate was within four errors in %zu of %d", near, RUNS);
}

Test(harness_growth, calls_a_cache_that_fills_filling_or_unclear_and_hardly_ever_a_leak)
{
    enum { RUNS = 200 };
    size_t filling = 0;
    size_t leaks = 0;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        hg_growth growth = run_zipf(5000, WARMUP, 0, seed);
        filling += growth.growth_class == HG_CLASS_FILLING;
        leaks += growth.growth_class == HG_CLASS_LEAK;
        cr_assert(growth.unclear || growth.growth_class == HG_CLASS_LEAK, "seed %d: growth was not seen",
                  (int)seed);
    }
    cr_log_info("filling cache: %zu filling, %zu leaks of %d", filling, leaks, RUNS);
    cr_assert(le(sz, leaks, RUNS / 100), "called a leak in %zu of %d", leaks, RUNS);
    cr_assert(ge(sz, filling, RUNS * 7 / 10), "filling in %zu of %d", filling, RUNS);
}

/* Some blocks in one epoch, and nothing before or after. */
static hg_growth allocate_once(uint32_t epoch, uint32_t blocks)
{
    heap_history *heap = history_new(WARMUP, ROUNDS, 1);
    while (heap->now < heap->epochs) {
        for (uint32_t i = 0; heap->now == epoch && i < blocks; i++)
            history_born(heap, 100);
        history_checkpoint(heap);
    }
    return finish(heap);
}

Test(harness_growth, calls_what_only_the_beginning_allocates_one_time)
{
    for (uint32_t epoch = 0; epoch <= 5; epoch++) {
        hg_growth growth = allocate_once(epoch, 10);
        cr_assert(eq(int, growth.growth_class, HG_CLASS_ONE_TIME), "epoch %u", epoch);
        cr_assert(not(growth.unclear), "epoch %u", epoch);
    }
}

Test(harness_growth, wants_more_rounds_after_blocks_that_came_late)
{
    for (uint32_t epoch = 7; epoch <= 10; epoch++) {
        hg_growth growth = allocate_once(epoch, 10);
        cr_assert(ne(int, growth.growth_class, HG_CLASS_LEAK), "epoch %u", epoch);
        cr_assert(growth.unclear, "epoch %u", epoch);
    }
}

Test(harness_growth, calls_a_site_without_blocks_transient)
{
    hg_growth growth = allocate_once(UINT32_MAX, 0);
    cr_assert(eq(int, growth.growth_class, HG_CLASS_TRANSIENT));
    cr_assert(not(growth.unclear));
}

static hg_growth append_to_container(double factor, int64_t bytes_per_op, uint32_t rounds)
{
    heap_history *heap = history_new(WARMUP, rounds, 1);
    one_block container = {0};
    int64_t used = 0;
    while (heap->now < heap->epochs) {
        for (uint32_t i = 0; i < HISTORY_OPS; i++)
            one_block_need(&container, heap, used += bytes_per_op, factor);
        history_checkpoint(heap);
    }
    return finish(heap);
}

Test(harness_growth, sees_a_container_that_grows_by_a_factor_as_a_leak)
{
    const double factors[] = {1.25, 1.5, 2};
    const int64_t elements[] = {8, 16, 24, 40, 100};
    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
        for (size_t e = 0; e < sizeof elements / sizeof *elements; e++) {
            hg_growth growth = append_to_container(factors[f], elements[e], ROUNDS);
            double truth = (double)elements[e] * HISTORY_OPS;
            cr_assert(eq(int, growth.growth_class, HG_CLASS_LEAK), "factor %g, %d bytes an op", factors[f],
                      (int)elements[e]);
            cr_assert(le(dbl, fabs(growth.bytes_per_round - truth), 2.5 * growth.bytes_per_round_error),
                      "factor %g, %d bytes an op: %g +- %g", factors[f], (int)elements[e],
                      growth.bytes_per_round, growth.bytes_per_round_error);
        }
    }
}

Test(harness_growth, does_not_take_one_late_resize_of_a_table_for_a_leak)
{
    for (uint32_t epoch = 1; epoch < WARMUP + ROUNDS; epoch++) {
        heap_history *heap = history_new(WARMUP, ROUNDS, 1);
        one_block table = {0};
        while (heap->now < heap->epochs) {
            one_block_need(&table, heap, heap->now < epoch ? 1 << 20 : 1 << 21, 2);
            history_checkpoint(heap);
        }
        hg_growth growth = finish(heap);
        cr_assert(ne(int, growth.growth_class, HG_CLASS_LEAK), "epoch %u", epoch);
    }
}

/* A buffer that is emptied every `period` ops. */
static hg_growth run_sawtooth(uint32_t period, uint32_t phase)
{
    heap_history *heap = history_new(4, ROUNDS, 1);
    uint32_t held[HISTORY_EPOCHS] = {0};
    uint32_t op = phase;
    while (heap->now < heap->epochs) {
        for (uint32_t i = 0; i < HISTORY_OPS; i++, op++) {
            for (uint32_t epoch = 0; op % period == 0 && epoch <= heap->now; epoch++)
                for (; held[epoch] > 0; held[epoch]--)
                    history_died(heap, epoch, 32);
            history_born(heap, 32);
            held[heap->now]++;
        }
        history_checkpoint(heap);
    }
    return finish(heap);
}

Test(harness_growth, does_not_take_a_buffer_that_is_flushed_now_and_then_for_a_leak)
{
    size_t runs = 0;
    for (uint32_t period = 300; period <= 5000; period += 470) {
        for (uint32_t phase = 0; phase < period; phase += 290, runs++) {
            hg_growth growth = run_sawtooth(period, phase);
            cr_assert(ne(int, growth.growth_class, HG_CLASS_LEAK), "period %u, phase %u", period, phase);
        }
    }
    cr_assert(lt(sz, 50, runs));
}

/* Each op makes a block that lives for a random time, exponential with this mean in rounds. */
static hg_growth run_random_lifetimes(double mean, uint64_t seed)
{
    heap_history *heap = history_new(20, ROUNDS, seed);
    static uint32_t ends[HISTORY_EPOCHS][HISTORY_EPOCHS]; /* [round of death][round of birth] */
    for (size_t i = 0; i < HISTORY_EPOCHS * HISTORY_EPOCHS; i++)
        ends[i / HISTORY_EPOCHS][i % HISTORY_EPOCHS] = 0;
    while (heap->now < heap->epochs) {
        for (uint32_t epoch = 0; epoch < heap->now; epoch++)
            for (; ends[heap->now][epoch] > 0; ends[heap->now][epoch]--)
                history_died(heap, epoch, 32);
        for (uint32_t i = 0; i < HISTORY_OPS; i++) {
            double end = heap->now + (double)i / HISTORY_OPS - mean * log(1 - history_chance(heap));
            if (end < heap->now + 1)
                continue;
            history_born(heap, 32);
            if (end < heap->epochs)
                ends[(size_t)end][heap->now]++;
        }
        history_checkpoint(heap);
    }
    return finish(heap);
}

Test(harness_growth, raises_no_false_alarm_over_blocks_of_random_lifetime)
{
    const double means[] = {0.3, 1, 3};
    for (size_t m = 0; m < 3; m++) {
        size_t leaks = 0;
        size_t unclear = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            hg_growth growth = run_random_lifetimes(means[m], seed);
            leaks += growth.growth_class == HG_CLASS_LEAK;
            unclear += growth.unclear;
        }
        cr_log_info("mean of %g rounds: %zu leaks, %zu unclear of %d", means[m], leaks, unclear, SEEDS);
        cr_assert(eq(sz, leaks, 0), "mean of %g rounds", means[m]);
        cr_assert(le(sz, unclear, SEEDS / 20), "mean of %g rounds: %zu unclear", means[m], unclear);
    }
}

/* One block a round in each of these many rounds, at a site of its own, in a cell where blocks die at this
 * age. */
static hg_growth beside_cache(uint32_t first, uint32_t count, uint32_t death_age)
{
    heap_history *heap = history_new(WARMUP, ROUNDS, 1);
    while (heap->now < heap->epochs) {
        if (heap->now >= first && heap->now < first + count)
            history_born(heap, 32);
        history_checkpoint(heap);
    }
    const hg_history history = {heap->epochs, heap->warmup, heap->ops, heap->blocks, heap->bytes};
    const hg_surroundings surroundings = {.sites = 1, .death_age = death_age};
    hg_growth growth = hg_growth_of(&history, &surroundings);
    free(heap);
    return growth;
}

Test(harness_growth, takes_young_blocks_beside_a_cache_for_its_own)
{
    cr_assert(not(beside_cache(9, 3, 4).unclear), "younger than what dies there");
    cr_assert(beside_cache(9, 3, 0).unclear, "nothing dies there");
    cr_assert(beside_cache(3, 5, 4).unclear, "older than what dies there");
    cr_assert(eq(int, beside_cache(0, WARMUP + ROUNDS, 4).growth_class, HG_CLASS_LEAK));
}

Test(harness_growth, says_nothing_about_too_few_or_too_many_rounds)
{
    int64_t ops[HG_MAX_ROUNDS + 1] = {0};
    int64_t *live = calloc((size_t)(HG_MAX_ROUNDS + 1) * (HG_MAX_ROUNDS + 1), sizeof *live);
    cr_assert(ne(ptr, live, NULL));
    const hg_surroundings alone = {0};
    hg_history history = {.epochs = 3, .warmup = 2, .ops = ops, .blocks = live, .bytes = live};
    cr_assert(eq(int, hg_growth_of(&history, &alone).growth_class, HG_CLASS_TRANSIENT));
    history.epochs = HG_MAX_ROUNDS + 1;
    cr_assert(eq(int, hg_growth_of(&history, &alone).growth_class, HG_CLASS_TRANSIENT));
    history.epochs = 2;
    history.warmup = UINT32_MAX - 1;
    cr_assert(eq(int, hg_growth_of(&history, &alone).growth_class, HG_CLASS_TRANSIENT));
    free(live);
}

static double series_rate(const int64_t *series, uint32_t count, uint32_t warmup)
{
    int64_t ops[HG_MAX_ROUNDS + 1];
    for (int64_t i = 0; i < (int64_t)(sizeof ops / sizeof *ops); i++)
        ops[i] = 1000 * (i + 1);
    hg_growth growth = hg_growth_of_series(series, ops, count, warmup);
    return growth.growth_class == HG_CLASS_LEAK ? growth.blocks_per_round : 0;
}

Test(harness_growth, follows_a_series_of_counts)
{
    int64_t series[40];
    for (int64_t i = 0; i < 40; i++)
        series[i] = 7 + 2 * i;
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 12, 2), 2, 4));
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 4, 2), 0, 4), "two increments are no evidence");
    for (int64_t i = 0; i < 40; i++)
        series[i] = 7;
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 12, 2), 0, 4));
    series[6] = series[7] = series[8] = series[9] = series[10] = series[11] = 8;
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 12, 2), 0, 4), "one file opened once");
    for (int64_t i = 0; i < 40; i++)
        series[i] = 7 + i % 2;
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 40, 2), 0, 4), "up and down");
    for (int64_t i = 0; i < 40; i++)
        series[i] = 100 - i;
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 40, 2), 0, 4), "shrinking");
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, HG_MAX_ROUNDS + 1, 2), 0, 4));
    cr_assert(ieee_ulp_eq(dbl, series_rate(series, 0, 0), 0, 4));
}

Test(harness_growth, sees_a_steady_series_in_rounds_of_different_length)
{
    const int64_t lengths[] = {1000, 1000, 750, 1250, 1100, 900, 1250, 750, 1000, 1000, 900, 1100};
    int64_t ops[12];
    int64_t series[12];
    for (size_t i = 0; i < 12; i++) {
        ops[i] = lengths[i] + (i > 0 ? ops[i - 1] : 0);
        series[i] = 7 + ops[i] / 50;
    }
    hg_growth growth = hg_growth_of_series(series, ops, 12, 2);
    cr_assert(eq(int, growth.growth_class, HG_CLASS_LEAK));
    cr_assert(epsilon_eq(dbl, growth.blocks_per_round, 20, 1e-9), "of a round of 1,000 ops");
}

/* Files that are opened one by one and closed by the 600, of which so many stay open. */
static hg_growth growth_of_batches(int64_t lost)
{
    const int64_t lengths[] = {16000, 16000, 13778, 14667, 17333, 20000,
                               19111, 15556, 16444, 12889, 18222, 12000};
    int64_t ops[12];
    int64_t series[12];
    for (size_t i = 0; i < 12; i++) {
        ops[i] = lengths[i] + (i > 0 ? ops[i - 1] : 0);
        series[i] = 7 + ops[i] % 600 + lost * (ops[i] / 600);
    }
    return hg_growth_of_level(series, ops, 12, 2);
}

Test(harness_growth, sees_a_level_rise_that_comes_and_goes)
{
    hg_growth growth = growth_of_batches(20);
    cr_assert(eq(int, growth.growth_class, HG_CLASS_LEAK));
    cr_assert(epsilon_eq(dbl, growth.blocks_per_round, 533, 30));
    growth = growth_of_batches(6);
    cr_assert(growth.unclear, "worth a longer run");
    growth = growth_of_batches(0);
    cr_assert(eq(int, growth.growth_class, HG_CLASS_BOUNDED));
    cr_assert(not(growth.unclear));
}

/* Student's t, the upper tail beyond x: Simpson's rule on the density, with t = x / u so that the range is
 * finite. */
static double student_tail(double x, double degrees)
{
    enum { STEPS = 20000 };
    const double scale =
        exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(degrees * 3.14159265358979323846);
    double sum = 0;
    for (int i = 1; i <= STEPS; i++) {
        double u = (double)i / STEPS;
        double t = x / u;
        double value = scale * pow(1 + t * t / degrees, -(degrees + 1) / 2) * x / (u * u);
        sum += value * (i == STEPS ? 1 : i % 2 ? 4 : 2);
    }
    return sum / (3.0 * STEPS);
}

Test(harness_growth, knows_the_quantiles_of_student)
{
    const uint32_t degrees[] = {2, 3, 4, 5, 8, 9, 10, 11, 30, 199};
    const double levels[] = {0.01, 1e-3, 1e-4, 1e-6};
    for (size_t i = 0; i < sizeof degrees / sizeof *degrees; i++) {
        for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
            double tail = student_tail(hg_student_quantile(degrees[i], levels[k]), degrees[i]);
            cr_assert(epsilon_eq(dbl, tail / levels[k], 1, 0.01), "%u degrees, level %g: %g", degrees[i],
                      levels[k], tail);
        }
    }
}

Test(harness_growth, is_never_more_surprised_by_few_deaths_than_poisson_would_be)
{
    const double expected[] = {0.5, 3, 10, 50};
    for (size_t i = 0; i < 4; i++) {
        double term = exp(-expected[i]);
        double tail = term;
        for (double seen = 0; seen < expected[i]; seen++) {
            double surprise = hg_poisson_surprise(seen, expected[i]);
            cr_assert(lt(dbl, 0, surprise));
            cr_assert(ge(dbl, exp(-surprise), tail * (1 - 1e-9)), "%g of %g", seen, expected[i]);
            term *= expected[i] / (seen + 1);
            tail += term;
        }
        cr_assert(ieee_ulp_eq(dbl, hg_poisson_surprise(expected[i], expected[i]), 0, 0));
        cr_assert(ieee_ulp_eq(dbl, hg_poisson_surprise(2 * expected[i], expected[i]), 0, 0));
    }
}

Test(harness_growth, asks_for_more_evidence_with_fewer_rounds_and_at_a_lower_level)
{
    for (uint32_t degrees = 1; degrees < 255; degrees++) {
        double quantile = hg_student_quantile(degrees, 1e-4);
        cr_assert(lt(dbl, 3.7, quantile), "%u degrees", degrees);
        cr_assert(ge(dbl, quantile, hg_student_quantile(degrees + 1, 1e-4)), "%u degrees", degrees);
        cr_assert(lt(dbl, quantile, hg_student_quantile(degrees, 1e-5)), "%u degrees", degrees);
    }
    cr_assert(eq(int, isinf(hg_student_quantile(0, 1e-4)) != 0, 1));
}
