/* Goal: jittered rounds have the ops of equal ones, within a quarter of their mean, in an order that the seed
 * chooses. */
#include "runner/round_lengths.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 200, SEEDS = 50 };

static int compare_lengths(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static const uint64_t means[] = {1, 2, 3, 4, 5, 7, 8, 1000, 999983, UINT64_C(1) << 40};
static const uint32_t rounds[] = {1, 2, 3, 4, 10, 11, MOST_ROUNDS};

Test(harness_round_lengths, add_up_to_what_equal_rounds_have_and_stay_within_a_quarter)
{
    uint64_t lengths[MOST_ROUNDS];
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++) {
            for (uint64_t seed = 0; seed < SEEDS; seed++) {
                uint64_t sum = 0;
                hg_round_lengths(seed, means[m], rounds[r], lengths);
                for (uint32_t i = 0; i < rounds[r]; i++) {
                    sum += lengths[i];
                    cr_assert(ge(u64, lengths[i], 1));
                    cr_assert(ge(u64, lengths[i], means[m] - means[m] / HG_LENGTH_SPREAD));
                    cr_assert(le(u64, lengths[i], means[m] + means[m] / HG_LENGTH_SPREAD));
                }
                cr_assert(eq(u64, sum, means[m] * rounds[r]), "%u rounds of %llu ops", rounds[r],
                          (unsigned long long)means[m]);
            }
        }
    }
}

Test(harness_round_lengths, are_spread_evenly_from_one_end_to_the_other)
{
    uint64_t lengths[11];
    hg_round_lengths(7, 1000, 11, lengths);
    qsort(lengths, 11, sizeof *lengths, compare_lengths);
    for (uint64_t i = 0; i < 11; i++)
        cr_assert(eq(u64, lengths[i], 750 + 50 * i));
}

Test(harness_round_lengths, are_the_same_for_the_same_seed_and_in_another_order_for_another)
{
    uint64_t first[10];
    uint64_t other[10];
    size_t different = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        hg_round_lengths(seed, 1000, 10, first);
        hg_round_lengths(seed, 1000, 10, other);
        cr_assert(eq(int, memcmp(first, other, sizeof first), 0), "seed %llu", (unsigned long long)seed);
        hg_round_lengths(seed + 1, 1000, 10, other);
        different += memcmp(first, other, sizeof first) != 0;
    }
    cr_assert(eq(sz, different, SEEDS));
}

/* Looks of one cell have rounds of different means: their orders must not be the same, either. */
Test(harness_round_lengths, come_in_another_order_for_another_mean)
{
    uint64_t first[10];
    uint64_t other[10];
    size_t different = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        hg_round_lengths(seed, 1000, 10, first);
        hg_round_lengths(seed, 4000, 10, other);
        for (size_t i = 0; i < 10; i++)
            different += (first[i] > 1000) != (other[i] > 4000);
    }
    cr_assert(lt(sz, 10 * SEEDS / 4, different));
}

Test(harness_round_lengths, leave_a_single_round_and_rounds_of_a_few_ops_as_they_are)
{
    uint64_t lengths[10] = {0};
    hg_round_lengths(3, 12345, 1, lengths);
    cr_assert(eq(u64, lengths[0], 12345));
    for (uint64_t ops = 1; ops < HG_LENGTH_SPREAD; ops++) {
        hg_round_lengths(3, ops, 10, lengths);
        for (size_t i = 0; i < 10; i++)
            cr_assert(eq(u64, lengths[i], ops));
    }
}
