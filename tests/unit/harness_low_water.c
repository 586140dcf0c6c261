/*
 * Goal: the moments of a round that are sampled for its low-water mark are enough, are at every distance, and
 * are the same again for a seed; and what the record keeps of them can be joined.
 */
#include "record/checkpoint.h"
#include "runner/low_water.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Runs a round in which so many blocks of 10 bytes are alive after op i. */
static hg_low_water run(uint64_t ops, uint64_t seed, int64_t (*alive)(uint64_t op))
{
    hg_low_water low = hg_low_water_start(ops, seed);
    for (uint64_t i = 0; i < ops; i++)
        if (hg_low_water_due(&low))
            hg_low_water_note(&low, alive(i), alive(i) * 10);
    return low;
}

static int64_t one_dip(uint64_t op)
{
    return op == 100 ? -3 : 5;
}

/* As long as the distance between samples is on average: a fixed one would miss the trough for ever. */
static int64_t teeth(uint64_t op)
{
    return (int64_t)(op % 100);
}

Test(harness_low_water, samples_every_op_of_a_short_round)
{
    hg_low_water low = run(256, 1, one_dip);
    cr_assert(eq(i64, low.samples, 256));
    cr_assert(eq(i64, low.blocks, -3));
    cr_assert(eq(i64, low.bytes, -30));
}

Test(harness_low_water, does_not_fall_into_step_with_the_workload)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        hg_low_water low = run(25600, seed, teeth);
        cr_assert(lt(i64, 200, low.samples), "seed %lu", seed);
        cr_assert(lt(i64, low.samples, 320), "seed %lu", seed);
        cr_assert(lt(i64, low.blocks, 8), "seed %lu", seed);
    }
}

Test(harness_low_water, is_the_same_again_for_the_same_seed_alone)
{
    hg_low_water one = run(25600, 7, teeth);
    hg_low_water same = run(25600, 7, teeth);
    hg_low_water other = run(25600, 8, teeth);
    cr_assert(eq(u64, one.random, same.random));
    cr_assert(ne(u64, one.random, other.random));
}

Test(harness_low_water, samples_every_op_where_nobody_knows_how_many_come)
{
    hg_low_water low = hg_low_water_start(0, 3);
    for (int i = 0; i < 1000; i++) {
        cr_assert(hg_low_water_due(&low));
        hg_low_water_note(&low, i, i);
    }
    cr_assert(eq(i64, low.samples, 1000));
}

Test(harness_low_water, of_two_epochs_is_the_lower_of_each_and_unknown_if_either_is)
{
    const hg_record_sample earlier = {.low_samples = 3, .low_blocks = 10, .low_bytes = 900};
    const hg_record_sample unknown = {0};
    hg_record_sample later = {.low_samples = 2, .low_blocks = 12, .low_bytes = 700};
    hg_record_join_low_water(&earlier, &later);
    cr_assert(eq(i64, later.low_samples, 5));
    cr_assert(eq(i64, later.low_blocks, 10));
    cr_assert(eq(i64, later.low_bytes, 700));
    hg_record_join_low_water(&unknown, &later);
    cr_assert(eq(i64, later.low_samples, 0));
}

Test(harness_low_water, is_not_given_for_an_epoch_without_samples)
{
    hg_record record;
    int fd;
    int64_t blocks = 1;
    int64_t bytes = 2;
    cr_assert(eq(int, hg_record_create(2, &record, &fd), 0));
    cr_assert(not(hg_record_low_water(&record, 0, &blocks, &bytes)));
    cr_assert(eq(i64, blocks + bytes, 3), "untouched");
    record.samples[1] = (hg_record_sample){.low_samples = 1, .low_blocks = -4, .low_bytes = 8};
    cr_assert(hg_record_low_water(&record, 1, &blocks, &bytes));
    cr_assert(eq(i64, blocks, -4));
    cr_assert(eq(i64, bytes, 8));
    hg_record_close(&record);
}
