/*
 * Goal: a cell is looked at as long as its answer is open, and no longer: what is plain ends it, what is a
 * surprise is confirmed, and looks that contradict each other are never guessed about.
 */
#include "analysis/looks.h"

#include "analysis/call_path.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { CHEAP = 1000, DEAR = 10000000 };

static hg_frame frames[2] = {{.function = "culprit", .module = "/a/lib.so", .line = 7},
                             {.function = "heapgate_iterate", .module = "/a/plugin.so", .line = 9}};
static hg_frame other_frames[2] = {{.function = "other", .module = "/a/lib.so", .line = 7},
                                   {.function = "heapgate_iterate", .module = "/a/plugin.so", .line = 9}};

static hg_site site_of(hg_frame *path, hg_class growth_class, double bytes)
{
    return (hg_site){.growth_class = growth_class, .bytes_per_op = bytes, .frames = path, .frame_count = 2};
}

static hg_cell cell_of(hg_verdict verdict, hg_expect expect, hg_site *site)
{
    return (hg_cell){.verdict = verdict,
                     .expect = expect,
                     .sites = site,
                     .site_count = site != NULL,
                     .bytes_per_op = site ? site->bytes_per_op : 0};
}

static hg_next_look next(uint32_t number, const hg_cell *before, const hg_cell *now, int64_t allocations)
{
    static const hg_look_rate paces[HG_MOST_LOOKS];
    const hg_look look = {.number = number,
                          .paces = paces,
                          .now = now,
                          .before = before,
                          .thin = now->verdict == HG_VERDICT_INCONCLUSIVE,
                          .allocations = allocations};
    return hg_look_next(&look);
}

Test(harness_looks, end_at_once_with_what_was_expected)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell expected = cell_of(HG_VERDICT_LEAK, HG_EXPECT_LEAK, &leak);
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(1, NULL, &expected, CHEAP), HG_LOOK_DONE));
    cr_assert(eq(int, next(1, NULL, &clean, DEAR), HG_LOOK_DONE));
    hg_cell failed = cell_of(HG_VERDICT_FAILED, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(1, NULL, &failed, CHEAP), HG_LOOK_DONE));
}

Test(harness_looks, go_further_while_that_costs_little)
{
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(1, NULL, &clean, CHEAP), HG_LOOK_FURTHER));
    cr_assert(eq(int, next(2, &clean, &clean, CHEAP), HG_LOOK_FURTHER));
    cr_assert(eq(int, next(HG_CHEAP_LOOKS, &clean, &clean, CHEAP), HG_LOOK_DONE));
    cr_assert(eq(int, next(1, NULL, &clean, HG_CHEAP_ALLOCATIONS / HG_LOOK_FACTOR + 1), HG_LOOK_DONE));
    hg_site vague = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell leak = cell_of(HG_VERDICT_LEAK, HG_EXPECT_LEAK, &vague);
    leak.bytes_per_op_error = 1;
    cr_assert(eq(int, next(1, NULL, &leak, CHEAP), HG_LOOK_FURTHER));
    cr_assert(eq(int, next(1, NULL, &leak, DEAR), HG_LOOK_DONE));
}

Test(harness_looks, confirm_a_leak_that_is_a_surprise)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    cr_assert(eq(int, next(1, NULL, &red, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(2, &red, &red, DEAR), HG_LOOK_DONE));
    cr_assert(eq(int, next(2, &red, &red, CHEAP), HG_LOOK_FURTHER));
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(2, &clean, &red, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(HG_MOST_LOOKS, &clean, &red, DEAR), HG_LOOK_DOUBT));
}

Test(harness_looks, take_growth_that_was_unclear_before_for_the_same_leak)
{
    hg_site growing = site_of(frames, HG_CLASS_ONE_TIME, 9);
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, &growing);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    cr_assert(eq(int, next(2, &thin, &red, DEAR), HG_LOOK_DONE));
}

Test(harness_looks, do_not_confirm_another_place_or_another_rate)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_site other = site_of(other_frames, HG_CLASS_LEAK, 10);
    hg_site slower = site_of(frames, HG_CLASS_LEAK, 6);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    hg_cell elsewhere = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &other);
    hg_cell falling = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &slower);
    cr_assert(not(hg_look_confirms(&red, &elsewhere)));
    cr_assert(not(hg_look_confirms(&red, &falling)));
    cr_assert(eq(int, next(2, &red, &elsewhere, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(HG_MOST_LOOKS, &red, &falling, DEAR), HG_LOOK_DOUBT));
    slower.bytes_per_op_error = 1.7;
    cr_assert(hg_look_confirms(&red, &falling), "within 2.5 errors");
    hg_site faster = site_of(frames, HG_CLASS_LEAK, 12.5);
    hg_cell rising = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &faster);
    cr_assert(hg_look_confirms(&red, &rising), "within a quarter");
    faster.bytes_per_op = 14;
    cr_assert(not(hg_look_confirms(&red, &rising)));
}

Test(harness_looks, do_not_confirm_a_rate_that_has_surely_fallen)
{
    hg_site was = site_of(frames, HG_CLASS_LEAK, 10);
    hg_site is = site_of(frames, HG_CLASS_LEAK, 9);
    hg_cell before = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &was);
    hg_cell now = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &is);
    was.bytes_per_op_error = is.bytes_per_op_error = 0.2;
    cr_assert(not(hg_look_confirms(&before, &now)), "3.5 errors");
    was.bytes_per_op_error = is.bytes_per_op_error = 0.35;
    cr_assert(hg_look_confirms(&before, &now), "2.02 errors");
    is.bytes_per_op = 9.6;
    was.bytes_per_op_error = is.bytes_per_op_error = 0.01;
    cr_assert(hg_look_confirms(&before, &now), "as good as the same");
    cr_assert(hg_look_confirms(&now, &before), "faster");
}

Test(harness_looks, go_on_with_a_leak_whose_rate_they_hardly_know)
{
    const hg_look_rate vague[HG_MOST_LOOKS] = {{10, 3, 0}, {10, 1.5, 0}, {10, 1.5, 0}, {10, 1.5, 0}};
    const hg_look_rate known[HG_MOST_LOOKS] = {{10, 1.5, 0}, {10, 1, 0}};
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    hg_look second = {.number = 2, .paces = vague, .now = &red, .before = &red, .allocations = DEAR};
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_AGAIN));
    second.paces = known;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DONE));
    hg_look last = {.number = HG_MOST_LOOKS, .paces = vague, .now = &red, .before = &red};
    cr_assert(eq(int, hg_look_next(&last), HG_LOOK_DONE), "there is no more to know");
}

Test(harness_looks, say_that_growth_slows_when_each_of_them_shows_less)
{
    const hg_look_rate slowing[HG_MOST_LOOKS] = {{10, 0.1, 0}, {8, 0.1, 0}, {6.5, 0.1, 0}, {5.2, 0.1, 0}};
    hg_site was = site_of(frames, HG_CLASS_LEAK, 6.5);
    hg_site is = site_of(frames, HG_CLASS_LEAK, 5.2);
    hg_cell before = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &was);
    hg_cell now = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &is);
    hg_look third = {.number = 3, .paces = slowing, .now = &now, .before = &before};
    hg_look last = {.number = HG_MOST_LOOKS, .paces = slowing, .now = &now, .before = &before};
    cr_assert(eq(int, hg_look_next(&third), HG_LOOK_AGAIN));
    cr_assert(eq(int, hg_look_next(&last), HG_LOOK_SLOWS));
}

Test(harness_looks, are_four_times_as_long_with_their_warm_up)
{
    hg_look_length even = {.warmup_rounds = 2, .rounds = 10, .ops_per_round = 1000};
    cr_assert(eq(u64, hg_look_longer(&even), 4000));
    hg_look_length long_warmup = {
        .warmup_rounds = 2, .rounds = 10, .least_warmup_ops = 1000000, .ops_per_round = 1000};
    cr_assert(eq(u64, hg_look_longer(&long_warmup), (4 * 2010000 - 2000000) / 10));
    hg_look_length outgrown = {
        .warmup_rounds = 2, .rounds = 10, .least_warmup_ops = 3000, .ops_per_round = 2000};
    cr_assert(eq(u64, hg_look_longer(&outgrown), 4 * 26000 / 12), "the warm-up is as long again");
}

Test(harness_looks, add_up_the_lines_of_a_call_path)
{
    hg_site halves[] = {site_of(frames, HG_CLASS_LEAK, 5), site_of(frames, HG_CLASS_LEAK, 5)};
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell before = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, halves);
    before.site_count = 2;
    hg_cell now = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    cr_assert(hg_look_confirms(&before, &now));
}

Test(harness_looks, confirm_a_leak_beside_something_that_fills_in_the_same_function)
{
    hg_frame cache[] = {frames[0], frames[1]};
    cache[0].line++;
    hg_site was[] = {site_of(frames, HG_CLASS_LEAK, 10), site_of(cache, HG_CLASS_FILLING, 50)};
    hg_site is[] = {site_of(frames, HG_CLASS_LEAK, 10), site_of(cache, HG_CLASS_FILLING, 5)};
    hg_cell before = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, was);
    hg_cell now = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, is);
    before.site_count = now.site_count = 2;
    cr_assert(hg_look_confirms(&before, &now));
    is[0].bytes_per_op = 5;
    cr_assert(not(hg_look_confirms(&before, &now)));
}

Test(harness_looks, want_two_clean_ones_after_a_leak)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(2, &red, &clean, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(3, &clean, &clean, DEAR), HG_LOOK_DONE));
    cr_assert(eq(int, next(HG_MOST_LOOKS, &red, &clean, DEAR), HG_LOOK_DOUBT));
}

Test(harness_looks, look_twice_before_a_leak_is_missed)
{
    hg_cell missed = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_LEAK, NULL);
    cr_assert(eq(int, next(1, NULL, &missed, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(2, &missed, &missed, DEAR), HG_LOOK_DONE));
}

Test(harness_looks, ask_for_more_evidence_only_so_often)
{
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    for (uint32_t number = 1; number < HG_MOST_LOOKS; number++)
        cr_assert(eq(int, next(number, number > 1 ? &thin : NULL, &thin, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(HG_MOST_LOOKS, &thin, &thin, DEAR), HG_LOOK_DONE));
    const hg_look hopeless = {.number = 1, .now = &thin};
    cr_assert(eq(int, hg_look_next(&hopeless), HG_LOOK_DONE), "a longer run would not tell");
}

Test(harness_looks, tell_growth_that_fades_from_a_leak_and_from_a_square_root)
{
    const hg_look_rate fading[HG_MOST_LOOKS] = {
        {.rate = 0.4}, {.rate = 0.1}, {.rate = 0.025}, {.rate = 0.00625}};
    const hg_look_rate leaking[HG_MOST_LOOKS] = {{.rate = 0.4}, {.rate = 0.1}, {.rate = 0.1}, {.rate = 0.09}};
    const hg_look_rate square_root[HG_MOST_LOOKS] = {
        {.rate = 0.4}, {.rate = 0.2}, {.rate = 0.1}, {.rate = 0.05}};
    const hg_look_rate stopped[HG_MOST_LOOKS] = {{.rate = 0.4}};
    const hg_look_rate appeared[HG_MOST_LOOKS] = {
        {.visible = 0.08}, {.visible = 0.02}, {.rate = 0.03}, {.rate = 0.008}};
    const hg_look_rate hidden[HG_MOST_LOOKS] = {
        {.visible = 0.3}, {.visible = 0.1}, {.rate = 0.03}, {.rate = 0.008}};
    const hg_look_rate uneven[HG_MOST_LOOKS] = {
        {.rate = 0.4}, {.rate = 0.08}, {.rate = 0.03}, {.rate = 0.008}};
    const hg_look_rate nearly_full[HG_MOST_LOOKS] = {{.rate = 45}, {.rate = 36}, {.rate = 16}, {.rate = 1.6}};
    const hg_look_rate settled[HG_MOST_LOOKS] = {{.rate = 45}, {.rate = 3}, {.rate = 1.5}, {.rate = 1.4}};
    cr_assert(hg_look_fades(uneven));
    cr_assert(hg_look_fades(nearly_full));
    cr_assert(not(hg_look_fades(settled)), "a leak is left");
    cr_assert(hg_look_fades(fading));
    cr_assert(not(hg_look_fades(leaking)));
    cr_assert(not(hg_look_fades(square_root)));
    cr_assert(not(hg_look_fades(stopped)));
    cr_assert(hg_look_fades(appeared));
    cr_assert(not(hg_look_fades(hidden)), "the second look might have missed it");
}

Test(harness_looks, call_growth_a_leak_that_three_of_them_see_at_one_rate)
{
    const hg_look_rate steady[HG_MOST_LOOKS] = {{6, 0.9, 0}, {6.5, 0.4, 0}, {6.4, 0.1, 0}, {6.4, 0.05, 0}};
    const hg_look_rate filling[HG_MOST_LOOKS] = {{10, 0.1, 0}, {9, 0.1, 0}, {8, 0.1, 0}, {5, 0.1, 0}};
    const hg_look_rate square_root[HG_MOST_LOOKS] = {{8, 1, 0}, {4, 0.5, 0}, {2, 0.2, 0}, {1, 0.1, 0}};
    const hg_look_rate vague[HG_MOST_LOOKS] = {{6, 2, 0}, {6, 2, 0}, {6, 1, 0}, {6, 1, 0}};
    const hg_look_rate stopped[HG_MOST_LOOKS] = {{6, 0.1, 0}, {6, 0.1, 0}, {0, 0, 0}, {0, 0, 0}};
    cr_assert(not(hg_look_persists(steady, 2)));
    cr_assert(hg_look_persists(steady, 3));
    cr_assert(hg_look_persists(steady, 4));
    const hg_look_rate emerging[HG_MOST_LOOKS] = {{0, 0, 1}, {0, 0, 1}, {6.2, 0.3, 0}, {6.4, 0.1, 0}};
    cr_assert(hg_look_persists(emerging, 4));
    for (uint32_t count = 1; count <= HG_MOST_LOOKS; count++) {
        cr_assert(not(hg_look_persists(filling, count)));
        cr_assert(not(hg_look_persists(square_root, count)));
        cr_assert(not(hg_look_persists(vague, count)));
        cr_assert(not(hg_look_persists(stopped, count)));
    }
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    hg_look third = {.number = 3, .paces = steady, .now = &thin, .before = &thin, .thin = true};
    cr_assert(eq(int, hg_look_next(&third), HG_LOOK_PERSISTS));
    third.thin = false;
    cr_assert(eq(int, hg_look_next(&third), HG_LOOK_DONE), "not for want of length");
}

Test(harness_looks, confirm_growth_without_a_call_path_by_the_verdict)
{
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, NULL);
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(hg_look_confirms(&red, &red));
    cr_assert(not(hg_look_confirms(&clean, &red)));
}

Test(harness_looks, compare_paths_by_function_and_module_name_alone)
{
    hg_frame moved[] = {{.function = "culprit", .module = "/b/lib.so", .line = 99, .offset = 5},
                        {.function = "heapgate_iterate", .module = "plugin.so"}};
    hg_frame renamed[] = {{.function = "culprit", .module = "/a/lib2.so"},
                          {.function = "heapgate_iterate", .module = "plugin.so"}};
    hg_site here = site_of(frames, HG_CLASS_LEAK, 1);
    hg_site there = site_of(moved, HG_CLASS_LEAK, 1);
    hg_site elsewhere = site_of(renamed, HG_CLASS_LEAK, 1);
    cr_assert(hg_same_call_path(&here, &there));
    cr_assert(not(hg_same_call_path(&here, &elsewhere)));
    there.frame_count = 1;
    cr_assert(not(hg_same_call_path(&here, &there)));
}
