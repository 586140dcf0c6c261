/*
 * Goal: every cell is in exactly one shard, whatever the times say, and shards take about as long as the best
 * division allows.
 */
#include "suite/shares.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_CELLS = 200, TRIALS = 2000 };

/* xorshift64*, so that a failure comes again. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* Times as runs have them: some long, most short, some unknown, some equal, and what a damaged file may
 * say. */
static double draw_seconds(uint64_t *state)
{
    switch (draw(state) % 8) {
    case 0:
        return 0;
    case 1:
        return draw(state) % 50 ? 60 : NAN;
    case 2:
        return draw(state) % 50 ? 1 : -1;
    default:
        return exp((double)(draw(state) % 1000) / 150);
    }
}

static double longest(const double *seconds, const uint32_t *shards, size_t count, uint32_t shard_count)
{
    double worst = 0;
    for (uint32_t shard = 0; shard < shard_count; shard++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += shards[i] == shard ? seconds[i] : 0;
        worst = fmax(worst, sum);
    }
    return worst;
}

Test(harness_shares, every_cell_is_in_one_shard_and_twice_the_same)
{
    uint64_t state = 1;
    for (int trial = 0; trial < TRIALS; trial++) {
        double seconds[MOST_CELLS];
        uint32_t first[MOST_CELLS], again[MOST_CELLS];
        size_t count = draw(&state) % MOST_CELLS;
        uint32_t shards = (uint32_t)(draw(&state) % (2 * MOST_CELLS)) + 1;
        for (size_t i = 0; i < count; i++) {
            seconds[i] = draw_seconds(&state);
            first[i] = UINT32_MAX;
        }
        cr_assert(hg_shares_divide(seconds, count, shards, first));
        cr_assert(hg_shares_divide(seconds, count, shards, again));
        for (size_t i = 0; i < count; i++) {
            cr_assert(lt(u32, first[i], shards), "trial %d, cell %zu of %zu", trial, i, count);
            cr_assert(eq(u32, first[i], again[i]), "trial %d, cell %zu of %zu", trial, i, count);
        }
    }
}

/* Graham's bound: 4/3 of the best division, which takes at least the mean and the longest cell. */
Test(harness_shares, no_shard_takes_much_longer_than_it_must)
{
    uint64_t state = 2;
    size_t tried = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double seconds[MOST_CELLS];
        uint32_t shards[MOST_CELLS];
        size_t count = draw(&state) % (MOST_CELLS - 1) + 1;
        uint32_t shard_count = (uint32_t)(draw(&state) % 20) + 1;
        double sum = 0, most = 0;
        for (size_t i = 0; i < count; i++) {
            seconds[i] = 0.1 + exp((double)(draw(&state) % 1000) / 200);
            sum += seconds[i];
            most = fmax(most, seconds[i]);
        }
        cr_assert(hg_shares_divide(seconds, count, shard_count, shards));
        double worst = longest(seconds, shards, count, shard_count);
        /* The last cell of the longest shard was put there when it had at most the mean of the others. */
        cr_assert(le(dbl, worst, sum / shard_count + most * (1 - 1.0 / shard_count) + 1e-9), "trial %d",
                  trial);
        tried += worst < 4.0 / 3 * fmax(sum / shard_count, most);
    }
    cr_assert(lt(sz, TRIALS * 9 / 10, tried));
}

Test(harness_shares, one_long_cell_stands_alone)
{
    const double seconds[] = {1, 1, 9, 1, 1, 1, 1, 1, 1};
    uint32_t shards[9];
    cr_assert(hg_shares_divide(seconds, 9, 2, shards));
    for (size_t i = 0; i < 9; i++)
        cr_expect(eq(int, shards[i] == shards[2], i == 2), "cell %zu", i);
}

Test(harness_shares, without_times_cells_are_dealt_out_in_turn)
{
    const double seconds[7] = {0};
    uint32_t shards[7];
    cr_assert(hg_shares_divide(seconds, 7, 3, shards));
    for (uint32_t i = 0; i < 7; i++)
        cr_expect(eq(u32, shards[i], i % 3));
}

Test(harness_shares, a_cell_without_a_time_counts_as_the_mean)
{
    const double seconds[] = {4, 4, 0, 4};
    uint32_t shards[4];
    cr_assert(hg_shares_divide(seconds, 4, 2, shards));
    cr_expect(eq(u32, shards[0], 0));
    cr_expect(eq(u32, shards[1], 1));
    cr_expect(eq(u32, shards[2], 0));
    cr_expect(eq(u32, shards[3], 1));
}
