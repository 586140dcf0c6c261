/*
 * Goal: patterns of healthy and of leaking programs are told apart, and the smallest visible leak that is
 * published is honest. Method: simulated heaps over many seeds, each looked at as the driver does, in runs of
 * growing length until the answer stands. False alarms, misses and open answers are counted.
 */
#include "analysis/looks.h"
#include "analysis/verdict.h"
#include "harness_histories.h"
#include "runner/round_lengths.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

enum { WARMUP = 2, ROUNDS = 10, SEEDS = 40, LEAK_SEEDS = 20, HONESTY_SEEDS = 200, MOST_ENTRIES = 1 << 17 };

/* What a pattern remembers; zeroed before a run. */
typedef struct pattern_state {
    uint64_t op, next;
    double number;
    one_block block;
    block_ring ring;
    zipf_cache *cache;
    uint32_t held[HISTORY_EPOCHS];  /* blocks, by epoch of birth */
    uint8_t made[MOST_ENTRIES / 8]; /* a bit each */
} pattern_state;

/* What one op does to the heap. */
typedef void (*pattern)(pattern_state *state, heap_history *heap, double a, double b);

/* Thousands of ops that a warm-up round has at least: 1, unless a test says more. */
static uint32_t least_warmup = 1;

static uint32_t warmup_scale(uint32_t scale)
{
    return scale < least_warmup ? least_warmup : scale;
}

static heap_history *play(pattern op, double a, double b, uint32_t scale, uint64_t seed)
{
    heap_history *heap = history_new(WARMUP, ROUNDS, seed);
    pattern_state *state = calloc(1, sizeof *state);
    cr_assert(ne(ptr, state, NULL));
    for (uint32_t i = 0; i < WARMUP; i++)
        heap->lengths[i] = (uint64_t)warmup_scale(scale) * HISTORY_OPS;
    hg_round_lengths(seed, (uint64_t)scale * HISTORY_OPS, ROUNDS, heap->lengths + WARMUP);
    while (heap->now < heap->epochs) {
        history_bury(heap);
        for (uint64_t i = heap->lengths[heap->now]; i > 0; i--, state->op++)
            op(state, heap, a, b);
        history_checkpoint(heap);
    }
    if (state->cache)
        zipf_cache_free(state->cache);
    free(state);
    return heap;
}

/* Of the low-water marks, from a measured round to a later one. */
static int64_t most_fall(const heap_history *heap)
{
    int64_t most = 0;
    int64_t fall = 0;
    for (uint32_t t = heap->warmup; t < heap->epochs; t++) {
        most = heap->low_water[t] > most ? heap->low_water[t] : most;
        fall = most - heap->low_water[t] > fall ? most - heap->low_water[t] : fall;
    }
    return fall;
}

/* The verdict of a cell whose only site this is, in rounds of so many ops on average. */
static hg_judgement judge_alone(const heap_history *heap, const hg_growth *growth, uint64_t ops_per_round)
{
    const hg_growth still = {.growth_class = HG_CLASS_BOUNDED};
    const hg_evidence evidence = {
        .sites = growth,
        .site_count = 1,
        .whole = still,
        .quiet = still,
        .level = history_level(heap),
        .total = history_total(heap),
        .risen_bytes = (double)(history_live(heap, heap->epochs - 1) - history_live(heap, heap->warmup - 1)),
        .files = still,
        .threads = still,
        .allocations = 1,
        .most_live = history_most_live(heap),
        .control = {.growth_class = HG_CLASS_LEAK, .bytes_per_round = 640},
        .control_injected = 640,
        .death_age = history_death_age(heap),
        .ops_per_round = ops_per_round,
        .rounds = ROUNDS,
    };
    return hg_judge(&evidence);
}

typedef struct conclusion {
    hg_verdict verdict;
    double bytes_per_op, error;
    uint32_t looks;
} conclusion;

/* One run of a pattern, `times` as long as the first. */
static void look(pattern op, double a, double b, uint32_t times, uint64_t seed, hg_cell *ret_cell,
                 hg_site *ret_site, hg_look_rate *ret_rate, bool *ret_thin)
{
    heap_history *heap = play(op, a, b, times, seed);
    hg_growth growth = history_growth(heap);
    hg_judgement found = judge_alone(heap, &growth, (uint64_t)HISTORY_OPS * times);
    *ret_site = (hg_site){.growth_class = growth.growth_class,
                          .bytes_per_op = growth.bytes_per_round / (HISTORY_OPS * times),
                          .bytes_per_op_error = growth.bytes_per_round_error / (HISTORY_OPS * times)};
    *ret_cell = (hg_cell){.verdict = found.verdict,
                          .expect = HG_EXPECT_CLEAN,
                          .bytes_per_op = found.bytes_per_op,
                          .bytes_per_op_error = found.bytes_per_op_error,
                          .blocks_per_op = found.blocks_per_op,
                          .ops = (int64_t)ROUNDS * HISTORY_OPS * times,
                          .warmup_ops = (int64_t)WARMUP * HISTORY_OPS * warmup_scale(times),
                          .min_detectable_bytes_per_op = found.min_detectable_bytes_per_op,
                          .sites = ret_site,
                          .site_count = 1};
    *ret_rate = (hg_look_rate){.rate = found.bytes_per_op,
                               .error = found.bytes_per_op_error,
                               .visible = found.min_detectable_bytes_per_op,
                               .ops = (double)heap->ops[heap->epochs - 1],
                               .level = (double)heap->low_water[heap->epochs - 1],
                               .begun = (double)heap->low_water[heap->warmup + 1],
                               .fall = (double)most_fall(heap)};
    *ret_thin = found.thin;
    free(heap);
}

static uint32_t longer(uint32_t times)
{
    const hg_look_length length = {.warmup_rounds = WARMUP,
                                   .rounds = ROUNDS,
                                   .least_warmup_ops = (uint64_t)least_warmup * HISTORY_OPS,
                                   .ops_per_round = (uint64_t)times * HISTORY_OPS};
    return (uint32_t)(hg_look_longer(&length) / HISTORY_OPS);
}

static bool is_another(hg_next_look next)
{
    return next == HG_LOOK_FURTHER || next == HG_LOOK_AGAIN || next == HG_LOOK_REPEAT;
}

/* What the driver makes of the last look. */
static hg_verdict settle(hg_next_look next, hg_verdict last)
{
    switch (next) {
    case HG_LOOK_DOUBT:
        return HG_VERDICT_INCONCLUSIVE;
    case HG_LOOK_FADES:
    case HG_LOOK_REFUTES:
        return HG_VERDICT_CLEAN;
    case HG_LOOK_PERSISTS:
    case HG_LOOK_RISES:
        return HG_VERDICT_LEAK;
    default:
        return last;
    }
}

/* All looks, as the driver takes them at a workload of one allocation an op that may run long enough. */
static conclusion conclude(pattern op, double a, double b, uint64_t seed)
{
    hg_cell cells[HG_MOST_LOOKS];
    hg_site sites[HG_MOST_LOOKS];
    hg_look_rate rates[HG_MOST_LOOKS];
    hg_next_look next = HG_LOOK_AGAIN;
    uint32_t number = 0;
    bool repeated = false;
    for (uint32_t times = 1; is_another(next); number++) {
        bool thin;
        cr_assert(lt(uint, number, HG_MOST_LOOKS));
        hg_cell *now = &cells[number];
        look(op, a, b, times, seed, now, &sites[number], &rates[number], &thin);
        const hg_look taken = {.number = number + 1,
                               .rates = rates,
                               .now = now,
                               .before = number > 0 ? now - 1 : NULL,
                               .thin = thin,
                               .more = number + 1 < HG_MOST_LOOKS - 1,
                               .repeated = repeated,
                               .allocations = now->ops + now->warmup_ops};
        next = hg_look_next(&taken);
        repeated = next == HG_LOOK_REPEAT;
        times = repeated ? times : longer(times);
    }
    const hg_cell *last = &cells[number - 1];
    return (conclusion){settle(next, last->verdict), last->bytes_per_op, last->bytes_per_op_error, number};
}

typedef struct tally {
    size_t leaks, open, clean, off; /* off: leaks whose rate is not the true one */
} tally;

/* b is given to the pattern; truth is the leak's rate, 0 where there is none. */
static tally run_seeds(const char *name, pattern op, double a, double b, double truth, uint64_t seeds)
{
    tally sum = {0};
    for (uint64_t seed = 0; seed < seeds; seed++) {
        conclusion found = conclude(op, a, b, seed);
        sum.leaks += found.verdict == HG_VERDICT_LEAK;
        sum.open += found.verdict == HG_VERDICT_INCONCLUSIVE;
        sum.clean += found.verdict == HG_VERDICT_CLEAN;
        sum.off += found.verdict == HG_VERDICT_LEAK &&
                   fabs(found.bytes_per_op - truth) > fmax(0.05 * truth, 4 * found.error);
    }
    cr_log_info("%-24s %8g %8g: %3zu clean %3zu leak %3zu open, %zu rates off", name, a, b, sum.clean,
                sum.leaks, sum.open, sum.off);
    return sum;
}

static void expect_healthy(const char *name, pattern op, double a, double b)
{
    tally sum = run_seeds(name, op, a, b, 0, SEEDS);
    cr_expect(eq(sz, sum.leaks, 0), "%s %g %g: a false alarm", name, a, b);
    cr_expect(le(sz, sum.open, SEEDS / 20), "%s %g %g: %zu open", name, a, b, sum.open);
}

static void expect_no_leak(const char *name, pattern op, double a, double b)
{
    tally sum = run_seeds(name, op, a, b, 0, SEEDS);
    cr_expect(eq(sz, sum.leaks, 0), "%s %g %g: %zu false alarms", name, a, b, sum.leaks);
}

static void expect_leak(const char *name, pattern op, double a, double b, double truth)
{
    tally sum = run_seeds(name, op, a, b, truth, LEAK_SEEDS);
    cr_expect(eq(sz, sum.clean, 0), "%s %g %g: missed", name, a, b);
    cr_expect(le(sz, sum.open, LEAK_SEEDS / 20), "%s %g %g: %zu open", name, a, b, sum.open);
    cr_expect(le(sz, sum.off, LEAK_SEEDS / 20), "%s %g %g: %zu rates off", name, a, b, sum.off);
}

static void lose_sometimes(heap_history *heap, double chance)
{
    if (history_chance(heap) < chance)
        history_born(heap, 32);
}

/* Exponential lifetimes of a ops on average; a leak once in 1/b ops. */
static void live_by_exponential(pattern_state *state, heap_history *heap, double a, double b)
{
    (void)state;
    history_mortal(heap, -a * log(1 - history_chance(heap)));
    lose_sometimes(heap, b);
}

/* Pareto's lifetimes: at least a ops, exponent b. */
static void live_by_pareto(pattern_state *state, heap_history *heap, double a, double b)
{
    (void)state;
    history_mortal(heap, a * pow(1 - history_chance(heap), -1 / b));
}

static void live_by_pareto_and_leak(pattern_state *state, heap_history *heap, double a, double b)
{
    live_by_pareto(state, heap, a, 1.5);
    lose_sometimes(heap, b);
}

/* A cache of a entries under skewed keys. */
static void live_in_zipf_cache(pattern_state *state, heap_history *heap, double a, double b)
{
    if (!state->cache)
        state->cache = zipf_cache_new(5000, (uint32_t)a);
    zipf_cache_op(state->cache, heap, 32);
    lose_sometimes(heap, b);
}

/* The last a blocks are kept. */
static void live_in_ring(pattern_state *state, heap_history *heap, double a, double b)
{
    state->ring.bound = (uint32_t)a;
    block_ring_op(&state->ring, heap, 32);
    lose_sometimes(heap, b);
}

static void lose_only(pattern_state *state, heap_history *heap, double a, double b)
{
    (void)state;
    (void)a;
    lose_sometimes(heap, b);
}

/* a blocks at once, every b ops on average. */
static void lose_in_steps(pattern_state *state, heap_history *heap, double a, double b)
{
    if (state->op < state->next)
        return;
    state->next = state->op + (uint64_t)(b / 2 + b * history_chance(heap));
    for (int i = 0; state->op > 0 && i < (int)a; i++)
        history_born(heap, 32);
}

/* An arena that a bytes an op are taken from, with chunks that grow by the factor b. */
static void fill_arena(pattern_state *state, heap_history *heap, double a, double b)
{
    if (state->number < a) {
        state->block.capacity = state->block.capacity ? (int64_t)((double)state->block.capacity * b) : 4096;
        state->number += (double)state->block.capacity;
        history_born(heap, state->block.capacity);
    }
    state->number -= a;
}

static void free_held(pattern_state *state, heap_history *heap)
{
    for (uint32_t epoch = 0; epoch <= heap->now; epoch++)
        for (; state->held[epoch] > 0; state->held[epoch]--)
            history_died(heap, epoch, 32);
}

/* Everything is freed at once, after a ops or up to b more; the first time at any moment. */
static void collect_in_batches(pattern_state *state, heap_history *heap, double a, double b)
{
    if (state->op >= state->next) {
        bool first = state->op == 0;
        state->next = state->op + (uint64_t)(first ? a * history_chance(heap) : a + b * history_chance(heap));
        free_held(state, heap);
    }
    history_born(heap, 32);
    state->held[heap->now]++;
}

/* The same, but one block in 80 is forgotten. */
static void forget_in_batches(pattern_state *state, heap_history *heap, double a, double b)
{
    collect_in_batches(state, heap, a, b);
    if (state->op % 80 == 0)
        state->held[heap->now]--;
}

/* A table of a entries, each made when it is first asked for, under keys whose logarithm is uniform. */
static void fill_lazily(pattern_state *state, heap_history *heap, double a, double b)
{
    uint32_t key = (uint32_t)(pow(a + 1, history_chance(heap)) - 1);
    uint8_t *made = &state->made[key / 8];
    if ((*made & 1u << key % 8) == 0)
        history_born(heap, 32);
    *made |= (uint8_t)(1u << key % 8);
    lose_sometimes(heap, b);
}

/* A large cache under skewed keys, far from full: a ops^b keys have been asked for (Heaps' law). */
static void fill_by_power(pattern_state *state, heap_history *heap, double a, double b)
{
    if (state->op % 32 == 0)
        state->number = fmin(a * b * pow((double)state->op + 16, b - 1), 1);
    if (history_chance(heap) < state->number)
        history_born(heap, 32);
}

/* In op a a table of 100 blocks is read, and in op b another of 200 replaces it. */
static void load_late(pattern_state *state, heap_history *heap, double a, double b)
{
    if (state->op == (uint64_t)b)
        free_held(state, heap);
    if (state->op != (uint64_t)a && state->op != (uint64_t)b)
        return;
    for (int i = 0; i < (state->op == (uint64_t)a ? 100 : 200); i++, state->held[heap->now]++)
        history_born(heap, 32);
}

/* A block that is reallocated by the factor b when it does not hold a bytes an op. */
static void grow_by_realloc(pattern_state *state, heap_history *heap, double a, double b)
{
    one_block_need(&state->block, heap, (int64_t)((double)state->op * a) + 1, b);
}

/* A table of a entries, each made when it is first asked for, under keys that are all as frequent. */
static void fill_evenly(pattern_state *state, heap_history *heap, double a, double b)
{
    uint32_t key = (uint32_t)(a * history_chance(heap));
    uint8_t *made = &state->made[key / 8];
    if ((*made & 1u << key % 8) == 0)
        history_born(heap, 32);
    *made |= (uint8_t)(1u << key % 8);
    lose_sometimes(heap, b);
}

/* A buffer that fits the largest input so far; inputs have at least a bytes, by Pareto's law with
 * exponent b. */
static void fit_the_largest(pattern_state *state, heap_history *heap, double a, double b)
{
    one_block_need(&state->block, heap, (int64_t)(a * pow(1 - history_chance(heap), -1 / b)), 1.0001);
}

/* A queue, first in, first out: an arrival in every op with the chance b, a departure with the chance a. */
static void serve_in_order(pattern_state *state, heap_history *heap, double a, double b)
{
    if (history_chance(heap) < b) {
        history_born(heap, 32);
        state->held[heap->now]++;
    }
    uint32_t epoch = (uint32_t)state->next; /* of the oldest, or before */
    while (epoch < heap->now && state->held[epoch] == 0)
        epoch++;
    state->next = epoch;
    if (history_chance(heap) < a && state->held[epoch] > 0) {
        state->held[epoch]--;
        history_died(heap, epoch, 32);
    }
}

/* The same, last in, first out, and no longer than 500. */
static void serve_the_last(pattern_state *state, heap_history *heap, double a, double b)
{
    double chance = history_chance(heap);
    if (chance < b && state->number < 500) {
        history_born(heap, 32);
        state->held[heap->now]++;
        state->number++;
    } else if (chance > 1 - a && state->number > 0) {
        uint32_t epoch = heap->now;
        while (state->held[epoch] == 0)
            epoch--;
        state->held[epoch]--;
        history_died(heap, epoch, 32);
        state->number--;
    }
}

/* One text, from a bytes, which every op replaces by one that is b bytes longer. */
static void lengthen_text(pattern_state *state, heap_history *heap, double a, double b)
{
    if (state->op > 0)
        history_died(heap, (uint32_t)state->next, (int64_t)(a + state->number));
    state->number += b;
    state->next = heap->now;
    history_born(heap, (int64_t)(a + state->number));
}

Test(harness_patterns, queues_that_keep_up_are_no_leak)
{
    const double arrivals[] = {0.1, 0.4, 0.45, 0.48};
    for (size_t k = 0; k < 4; k++)
        expect_healthy("queue", serve_in_order, 0.5, arrivals[k]);
    expect_healthy("stack", serve_the_last, 0.4, 0.4);
    expect_healthy("stack", serve_the_last, 0.45, 0.4);
    expect_healthy("text", lengthen_text, 100000, 0);
}

Test(harness_patterns, more_that_comes_than_goes_is_found)
{
    const double arrivals[] = {0.95, 0.7, 0.6, 0.55};
    for (size_t k = 0; k < 4; k++)
        expect_leak("queue", serve_in_order, 0.5, arrivals[k], 32 * (arrivals[k] - 0.5));
    const double lengths[] = {0.5, 3, 10};
    for (size_t k = 0; k < 3; k++)
        expect_leak("text", lengthen_text, 100000, lengths[k], lengths[k]);
}

Test(harness_patterns, random_lifetimes_are_no_leak)
{
    const double means[] = {10, 300, 1000, 3000};
    for (size_t m = 0; m < 4; m++)
        expect_healthy("exponential", live_by_exponential, means[m], 0);
    const double least[] = {10, 100, 1000};
    for (size_t l = 0; l < 3; l++) {
        expect_healthy("pareto", live_by_pareto, least[l], 1.5);
        expect_healthy("pareto", live_by_pareto, least[l], 2.5);
    }
}

/* A mean that exists and a variance that does not: steady only after longer than anybody waits. */
Test(harness_patterns, even_the_heaviest_tail_is_never_called_a_leak)
{
    const double exponents[] = {1.1, 1.2};
    for (size_t e = 0; e < 2; e++) {
        tally sum = run_seeds("pareto", live_by_pareto, 1000, exponents[e], 0, SEEDS);
        cr_expect(eq(sz, sum.leaks, 0), "exponent %g", exponents[e]);
    }
}

Test(harness_patterns, caches_and_rings_are_no_leak)
{
    const double bounds[] = {200, 1000, 3000};
    for (size_t b = 0; b < 3; b++)
        expect_healthy("zipf cache", live_in_zipf_cache, bounds[b], 0);
    const double rings[] = {1, 500, 1000, 1700, 8000};
    for (size_t r = 0; r < 5; r++)
        expect_healthy("ring", live_in_ring, rings[r], 0);
}

Test(harness_patterns, tables_that_fill_on_demand_are_no_leak)
{
    const double entries[] = {100, 1000, 3000};
    for (size_t e = 0; e < 3; e++)
        expect_healthy("on demand", fill_lazily, entries[e], 0);
    const double even[] = {1000, 10000};
    for (size_t e = 0; e < 2; e++)
        expect_healthy("on demand, evenly", fill_evenly, even[e], 0);
    expect_no_leak("on demand, evenly", fill_evenly, 100000, 0);
    expect_leak("on demand, lossy", fill_lazily, 3000, 0.05, 1.6);
}

/* A table so large that no look sees it full. */
Test(harness_patterns, even_the_largest_table_is_never_called_a_leak)
{
    tally sum = run_seeds("on demand", fill_lazily, 30000, 0, 0, SEEDS);
    cr_expect(eq(sz, sum.leaks, 0));
}

Test(harness_patterns, a_cache_that_fills_slowly_under_skewed_keys_is_never_called_a_leak)
{
    const double exponents[] = {0.4, 0.5};
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++)
        expect_no_leak("skewed cache", fill_by_power, 1, exponents[e]);
}

/* What nearly keeps pace with the ops, with no bound in sight after 256 times the ops of the first look. */
Test(harness_patterns, a_cache_that_fills_almost_like_a_leak_is_never_called_clean)
{
    const double exponents[] = {0.625, 0.77, 0.9};
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
        tally sum = run_seeds("skewed cache", fill_by_power, 1, exponents[e], 0, SEEDS);
        cr_expect(eq(sz, sum.clean, 0), "exponent %g", exponents[e]);
    }
}

Test(harness_patterns, a_long_warm_up_does_not_make_a_filling_cache_look_steady)
{
    const double exponents[] = {0.4, 0.5};
    least_warmup = 20;
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++)
        expect_no_leak("skewed cache", fill_by_power, 1, exponents[e]);
    expect_leak("rare", lose_only, 0, 1e-3, 32e-3);
}

Test(harness_patterns, a_leak_beside_turnover_is_found)
{
    const double means[] = {10, 300, 3000};
    for (size_t m = 0; m < 3; m++) {
        expect_leak("exponential", live_by_exponential, means[m], 0.1, 3.2);
        expect_leak("exponential", live_by_exponential, means[m], 0.01, 0.32);
    }
    expect_leak("pareto", live_by_pareto_and_leak, 100, 0.1, 3.2);
    expect_leak("pareto", live_by_pareto_and_leak, 100, 0.01, 0.32);
    expect_leak("zipf cache", live_in_zipf_cache, 200, 0.1, 3.2);
    expect_leak("ring", live_in_ring, 1700, 0.01, 0.32);
}

Test(harness_patterns, a_block_lost_in_thousands_of_ops_is_found)
{
    const double chances[] = {1, 0.01, 1e-3, 2e-4, 1e-4};
    for (size_t c = 0; c < 5; c++)
        expect_leak("rare", lose_only, 0, chances[c], 32 * chances[c]);
}

Test(harness_patterns, a_leak_in_steps_is_found)
{
    const double every[] = {500, 1500, 4000, 10000};
    for (size_t e = 0; e < 4; e++)
        expect_leak("steps", lose_in_steps, 100, every[e], 3200 / every[e]);
}

Test(harness_patterns, arenas_and_containers_that_grow_are_found)
{
    const double bytes[] = {2, 10, 50, 200};
    for (size_t k = 0; k < 4; k++) {
        expect_leak("arena", fill_arena, bytes[k], 1, bytes[k]);
        expect_leak("arena", fill_arena, bytes[k], 1.5, bytes[k]);
        expect_leak("arena", fill_arena, bytes[k], 2, bytes[k]);
        expect_leak("realloc", grow_by_realloc, bytes[k], 1.0001, bytes[k]);
        expect_leak("realloc", grow_by_realloc, bytes[k], 1.25, bytes[k]);
        expect_leak("realloc", grow_by_realloc, bytes[k], 2, bytes[k]);
    }
}

/* Too few steps for any one look. Steps of the factor between looks can fall between them, each
 * time alike. */
Test(harness_patterns, what_grows_threefold_at_a_time_is_never_called_clean)
{
    const double bytes[] = {2, 8, 50};
    const double factors[] = {3, 5};
    for (size_t k = 0; k < 3; k++) {
        for (size_t f = 0; f < 2; f++) {
            tally arena = run_seeds("arena", fill_arena, bytes[k], factors[f], bytes[k], SEEDS);
            tally block = run_seeds("realloc", grow_by_realloc, bytes[k], factors[f], bytes[k], SEEDS);
            cr_expect(eq(sz, arena.clean, 0), "arena %g %g", bytes[k], factors[f]);
            cr_expect(eq(sz, block.clean, 0), "realloc %g %g", bytes[k], factors[f]);
        }
    }
}

Test(harness_patterns, buffers_that_fit_the_largest_input_are_no_leak)
{
    const double exponents[] = {2.5, 3, 5};
    for (size_t e = 0; e < 3; e++)
        expect_healthy("largest", fit_the_largest, 100, exponents[e]);
}

Test(harness_patterns, batches_that_are_collected_are_no_leak)
{
    const double every[] = {50, 700, 1000, 3000, 9000, 20000, 45000};
    for (size_t k = 0; k < 7; k++) {
        expect_healthy("batch", collect_in_batches, every[k], 0);
        expect_healthy("batch, jitter", collect_in_batches, every[k], every[k] / 2);
    }
}

Test(harness_patterns, what_batches_forget_is_found)
{
    const double every[] = {50, 1000, 3300, 9000};
    for (size_t k = 0; k < 4; k++)
        expect_leak("batch, forgetful", forget_in_batches, every[k], 0, 0.4);
}

Test(harness_patterns, a_late_load_and_reload_are_no_leak)
{
    size_t runs = 0;
    for (double load = 0; load < 12000; load += 1700) {
        for (double again = load + 500; again < 14000; again += 1900, runs++) {
            conclusion found = conclude(load_late, load, again, 1);
            cr_expect(eq(int, found.verdict, HG_VERDICT_CLEAN), "loaded in op %g and %g", load, again);
        }
    }
    cr_assert(lt(sz, 20, runs));
}

/* What a run without a leak says would have shown; negative when it is not clean. */
static double visible_in(pattern op, double a, uint64_t seed)
{
    hg_cell cell;
    hg_site site;
    hg_look_rate rate;
    bool thin;
    look(op, a, 0, 1, seed, &cell, &site, &rate, &thin);
    return cell.verdict == HG_VERDICT_CLEAN ? cell.min_detectable_bytes_per_op : -1;
}

static bool shows(pattern op, double a, double bytes_per_op, uint64_t seed)
{
    hg_cell cell;
    hg_site site;
    hg_look_rate rate;
    bool thin;
    look(op, a, bytes_per_op / 32, 1, seed, &cell, &site, &rate, &thin);
    return cell.verdict != HG_VERDICT_CLEAN;
}

Test(harness_patterns, a_leak_of_the_smallest_size_that_a_clean_verdict_excludes_is_noticed)
{
    const struct {
        const char *name;
        pattern op;
        double a;
    } backgrounds[] = {
        {"nothing", live_by_exponential, 0.001},
        {"exponential", live_by_exponential, 100},
        {"exponential", live_by_exponential, 300},
        {"exponential", live_by_exponential, 1000},
        {"exponential", live_by_exponential, 3000},
        {"pareto", live_by_pareto_and_leak, 10},
        {"pareto", live_by_pareto_and_leak, 100},
        {"pareto", live_by_pareto_and_leak, 1000},
        {"zipf cache", live_in_zipf_cache, 200},
        {"zipf cache", live_in_zipf_cache, 1000},
        {"ring", live_in_ring, 500},
        {"ring", live_in_ring, 1000},
        {"ring", live_in_ring, 1700},
    };
    for (size_t i = 0; i < sizeof backgrounds / sizeof *backgrounds; i++) {
        size_t clean = 0;
        size_t noticed = 0;
        double sum = 0;
        for (uint64_t seed = 0; seed < HONESTY_SEEDS; seed++) {
            double visible = visible_in(backgrounds[i].op, backgrounds[i].a, seed);
            if (visible < 0)
                continue;
            clean++;
            sum += visible;
            noticed += shows(backgrounds[i].op, backgrounds[i].a, visible, seed);
        }
        cr_log_info("%-12s %6g: %g bytes an op are seen in %zu of %zu", backgrounds[i].name, backgrounds[i].a,
                    sum / (double)clean, noticed, clean);
        cr_expect(ge(sz, clean, HONESTY_SEEDS / 2), "%s %g", backgrounds[i].name, backgrounds[i].a);
        cr_expect(ge(sz, noticed, clean * 93 / 100), "%s %g: %zu of %zu", backgrounds[i].name,
                  backgrounds[i].a, noticed, clean);
    }
}
