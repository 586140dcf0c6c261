/*
 * Goal: the run in which holders are looked for is short where it costs much, and never too short for a clear
 * picture. Method: cells of two sites, as a look of 12 rounds of 1,000 ops would have left them.
 */
#include "holders/enough_ops.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { EPOCHS = 12, ROUND = 1000, OPS = 10 * ROUND };

static hg_sample samples[EPOCHS];
static int64_t survivors[2][EPOCHS];
static hg_site sites[2];
static const hg_cell_plan plan = {.ops = OPS, .rounds = 10};

/* A leak of one block per op, beside which nothing is. */
static hg_cell cell_of(int64_t allocations_per_op)
{
    for (size_t i = 0; i < EPOCHS; i++) {
        samples[i].ops = (int64_t)(i + 1) * ROUND;
        samples[i].allocations = samples[i].ops * allocations_per_op;
        survivors[0][i] = ROUND;
        survivors[1][i] = 0;
    }
    for (size_t i = 0; i < 2; i++)
        sites[i] = (hg_site){.growth_class = i == 0 ? HG_CLASS_LEAK : HG_CLASS_TRANSIENT,
                             .survivor_blocks = survivors[i],
                             .epoch_count = EPOCHS};
    sites[0].bytes_per_op = 100;
    sites[0].blocks_per_op = 1;
    return (hg_cell){.verdict = HG_VERDICT_LEAK,
                     .ops = OPS,
                     .bytes_per_op = 100,
                     .samples = samples,
                     .sample_count = EPOCHS,
                     .sites = sites,
                     .site_count = 2};
}

Test(harness_enough_ops, are_all_where_they_are_cheap)
{
    hg_cell cell = cell_of(40);
    cr_assert(eq(u64, hg_holders_enough_ops(&cell, &plan, false), OPS));
}

Test(harness_enough_ops, are_no_more_than_the_cell_had_where_its_ops_are_slow)
{
    hg_cell cell = cell_of(40);
    cell.ops = 400;
    cr_assert(eq(u64, hg_holders_enough_ops(&cell, &plan, false), 400));
}

Test(harness_enough_ops, are_few_where_they_cost_much_and_each_leaves_a_block)
{
    hg_cell cell = cell_of(1000);
    uint64_t ops = hg_holders_enough_ops(&cell, &plan, false);
    cr_assert(ge(u64, ops, 800));
    cr_assert(le(u64, ops, 1000));
    cr_assert(eq(u64, hg_holders_enough_ops(&cell, &plan, true), OPS), "the inventory is of a whole run");
}

Test(harness_enough_ops, are_all_where_the_verdict_is_not_sure_or_something_fills)
{
    hg_cell cell = cell_of(1000);
    cell.verdict = HG_VERDICT_INCONCLUSIVE;
    cr_assert(eq(u64, hg_holders_enough_ops(&cell, &plan, false), OPS));
    cell.verdict = HG_VERDICT_LEAK;
    sites[1].growth_class = HG_CLASS_FILLING;
    cr_assert(eq(u64, hg_holders_enough_ops(&cell, &plan, false), OPS));
}

Test(harness_enough_ops, last_until_a_leak_that_begins_late_has_left_blocks)
{
    hg_cell cell = cell_of(1000);
    for (size_t i = 0; i < 6; i++)
        survivors[0][i] = 0;
    uint64_t ops = hg_holders_enough_ops(&cell, &plan, false);
    cr_assert(ge(u64, ops * 12 / 10, 6990));
    cr_assert(lt(u64, ops, OPS));
}

Test(harness_enough_ops, last_until_a_rare_leak_of_some_weight_has_left_blocks)
{
    hg_cell cell = cell_of(1000);
    sites[1].growth_class = HG_CLASS_LEAK;
    sites[1].bytes_per_op = 2;
    for (size_t i = 0; i < EPOCHS; i++)
        survivors[1][i] = 5;
    uint64_t ops = hg_holders_enough_ops(&cell, &plan, false);
    cr_assert(ge(u64, ops * 12 / 10, 20 * ROUND / 5 - 10), "20 blocks have 2 %% of the growth");
    sites[1].bytes_per_op = 0.5;
    cr_assert(lt(u64, hg_holders_enough_ops(&cell, &plan, false), 1000), "half a percent asks for nothing");
}

Test(harness_enough_ops, last_until_a_cache_has_been_replaced_three_times)
{
    hg_cell cell = cell_of(1000);
    sites[1].growth_class = HG_CLASS_BOUNDED;
    survivors[1][EPOCHS - 1] = 900;
    uint64_t ops = hg_holders_enough_ops(&cell, &plan, false);
    cr_assert(ge(u64, ops * 12 / 10, 2600));
    cr_assert(lt(u64, ops, 3000));
    for (size_t i = 0; i < EPOCHS; i++)
        survivors[1][i] = 100;
    cr_assert(eq(u64, hg_holders_enough_ops(&cell, &plan, false), OPS), "they live as long as the look");
}

Test(harness_enough_ops, have_the_whole_warmup_that_the_workload_asks_for)
{
    hg_cell cell = cell_of(1000);
    hg_cell_plan filled = plan;
    filled.warmup_ops = 2000;
    sites[1].growth_class = HG_CLASS_BOUNDED;
    survivors[1][EPOCHS - 1] = 900;
    uint64_t ops = hg_holders_enough_ops(&cell, &filled, false);
    cr_assert(le(u64, ops, 1000), "2,000 of the 2,700 ops are warm-up");
    cr_assert(ge(u64, ops, 600));
}
