/*
 * Goal: a cell is looked at as long as its answer is open, and no longer: what is plain ends it, what is a
 * surprise is confirmed, and looks that contradict each other are never guessed about.
 */
#include "analysis/looks.h"

#include "analysis/call_path.h"
#include "analysis/confirm.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { CHEAP = 10000, DEAR = 10000000 };

static hg_frame frames[2] = {
    {.function = "culprit", .file = "", .module = "/a/lib.so", .line = 7},
    {.function = "heapgate_iterate", .file = "", .module = "/a/plugin.so", .line = 9}};
static hg_frame other_frames[2] = {
    {.function = "other", .file = "", .module = "/a/lib.so", .line = 7},
    {.function = "heapgate_iterate", .file = "", .module = "/a/plugin.so", .line = 9}};

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

/* A look after which a longer one can be made, and growth as the cells say it was. */
static hg_look look_of(uint32_t number, const hg_look_rate *rates, const hg_cell *before, const hg_cell *now)
{
    return (hg_look){.number = number,
                     .rates = rates,
                     .now = now,
                     .before = before,
                     .thin = now->verdict == HG_VERDICT_INCONCLUSIVE,
                     .more = number < HG_MOST_LOOKS,
                     .allocations = DEAR};
}

static hg_next_look next(uint32_t number, const hg_cell *before, const hg_cell *now, int64_t allocations)
{
    hg_look_rate rates[HG_MOST_LOOKS] = {0};
    for (uint32_t i = 0; i < number; i++)
        rates[i] = (hg_look_rate){.rate = i + 1 < number ? before->bytes_per_op : now->bytes_per_op,
                                  .visible = 0.1,
                                  .ops = 1000 * pow(HG_LOOK_FACTOR, i)};
    hg_look look = look_of(number, rates, before, now);
    look.allocations = allocations;
    return hg_look_next(&look);
}

/* Looks of growing length that saw such growth. */
static void fill_rates(const double *values, double error, hg_look_rate *ret_rates)
{
    for (uint32_t i = 0; i < HG_MOST_LOOKS; i++)
        ret_rates[i] = (hg_look_rate){
            .rate = values[i], .error = error * values[i], .ops = 1000 * pow(HG_LOOK_FACTOR, i)};
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

Test(harness_looks, do_not_take_the_rise_of_a_saw_for_the_rate_of_an_expected_leak)
{
    hg_site site = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell leak = cell_of(HG_VERDICT_LEAK, HG_EXPECT_LEAK, &site);
    cr_assert(eq(int, next(1, NULL, &leak, HG_FEW_ALLOCATIONS - 1), HG_LOOK_FURTHER));
    cr_assert(eq(int, next(1, NULL, &leak, HG_FEW_ALLOCATIONS), HG_LOOK_DONE));
    hg_look_rate falls = {.rate = 10, .ops = 1000, .drop = 199};
    hg_look look = look_of(1, &falls, NULL, &leak);
    look.allocations = CHEAP;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE));
    falls.drop = 201; /* more than 2 % of what the look gained */
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_FURTHER));
    look.allocations = DEAR;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE), "it costs too much");
    look.allocations = CHEAP;
    falls.rate = 0;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE), "it is not memory that leaks");
}

Test(harness_looks, confirm_a_leak_that_is_a_surprise)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    cr_assert(eq(int, next(1, NULL, &red, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(2, &red, &red, DEAR), HG_LOOK_DONE));
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(2, &clean, &red, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(HG_MOST_LOOKS, &clean, &red, DEAR), HG_LOOK_DOUBT));
}

Test(harness_looks, follow_a_leak_that_is_a_surprise_while_that_costs_little)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    for (uint32_t number = 2; number <= HG_SURE_LOOKS; number++)
        cr_assert(eq(int, next(number, &red, &red, CHEAP), HG_LOOK_FURTHER), "look %u", number);
    cr_assert(eq(int, next(HG_SURE_LOOKS + 1, &red, &red, CHEAP), HG_LOOK_DONE));
    const int64_t few = HG_CHEAP_ALLOCATIONS / HG_LOOK_FACTOR;
    cr_assert(eq(int, next(HG_SURE_LOOKS, &red, &red, few), HG_LOOK_FURTHER));
    cr_assert(eq(int, next(HG_SURE_LOOKS, &red, &red, few + 1), HG_LOOK_DONE));
    const int64_t most = HG_SURE_ALLOCATIONS / HG_LOOK_FACTOR;
    cr_assert(eq(int, next(3, &red, &red, most), HG_LOOK_FURTHER));
    cr_assert(eq(int, next(3, &red, &red, most + 1), HG_LOOK_DONE));
}

Test(harness_looks, confirm_a_leak_by_one_of_the_same_length_where_no_longer_one_can_be_made)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    const hg_look_rate rates[HG_MOST_LOOKS] = {{.rate = 10, .ops = 1000}, {.rate = 10, .ops = 1000}};
    hg_look first = look_of(1, rates, NULL, &red);
    first.more = false;
    cr_assert(eq(int, hg_look_next(&first), HG_LOOK_REPEAT));
    hg_look second = look_of(2, rates, &red, &red);
    second.more = false;
    second.repeated = true;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DONE));
    second.before = &clean;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DOUBT), "and not a third time");
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

/* Of a leak of 10 bytes per op, when time passes. */
static bool heeds_clock(hg_verdict verdict, hg_site *site, double visible)
{
    hg_site leaking = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell leak = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leaking);
    hg_cell timed = cell_of(verdict, HG_EXPECT_CLEAN, site);
    timed.min_detectable_bytes_per_op = visible;
    cr_expect(not(hg_look_heeds_clock(&leak, 4, &timed)), "it did not grow so in a look of that length");
    return hg_look_heeds_clock(&leak, 10, &timed);
}

Test(harness_looks, tell_what_goes_by_the_clock)
{
    hg_site still = site_of(frames, HG_CLASS_BOUNDED, 0);
    hg_site same = site_of(frames, HG_CLASS_LEAK, 10);
    hg_site slower = site_of(frames, HG_CLASS_LEAK, 4);
    hg_site other = site_of(other_frames, HG_CLASS_LEAK, 10);
    cr_expect(heeds_clock(HG_VERDICT_CLEAN, &still, 9));
    cr_expect(not(heeds_clock(HG_VERDICT_CLEAN, &still, 11)), "would not have seen it");
    cr_expect(heeds_clock(HG_VERDICT_INCONCLUSIVE, &slower, 0));
    cr_expect(not(heeds_clock(HG_VERDICT_INCONCLUSIVE, &same, 0)));
    cr_expect(not(heeds_clock(HG_VERDICT_LEAK, &same, 0)));
    cr_expect(heeds_clock(HG_VERDICT_LEAK, &slower, 0));
    cr_expect(heeds_clock(HG_VERDICT_LEAK, &other, 0));
    cr_expect(not(heeds_clock(HG_VERDICT_FAILED, &still, 0)));
    slower.bytes_per_op_error = 0.5;
    cr_expect(not(heeds_clock(HG_VERDICT_LEAK, &slower, 0)), "perhaps half");
}

Test(harness_looks, go_on_with_a_leak_whose_rate_they_hardly_know)
{
    const double rates[HG_MOST_LOOKS] = {10, 10, 10, 10, 10, 10};
    hg_look_rate vague[HG_MOST_LOOKS];
    hg_look_rate known[HG_MOST_LOOKS];
    fill_rates(rates, 0.2, vague);
    fill_rates(rates, 0.1, known);
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    hg_look second = look_of(2, vague, &red, &red);
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_AGAIN));
    second.rates = known;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DONE));
    hg_look last = look_of(HG_MOST_LOOKS, vague, &red, &red);
    cr_assert(eq(int, hg_look_next(&last), HG_LOOK_DONE), "there is no more to know");
}

/* Growth like the power 0.7 of the ops: each look contradicts the one before, and none of them is wrong. */
Test(harness_looks, are_in_doubt_about_growth_that_slows_and_does_not_end)
{
    const double slowing[HG_MOST_LOOKS] = {10, 8, 6, 4, 2.5, 1.5};
    hg_look_rate rates[HG_MOST_LOOKS];
    fill_rates(slowing, 0.01, rates);
    for (uint32_t number = 2; number <= HG_MOST_LOOKS; number++) {
        hg_site was = site_of(frames, HG_CLASS_LEAK, slowing[number - 2]);
        hg_site is = site_of(frames, HG_CLASS_LEAK, slowing[number - 1]);
        hg_cell before = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &was);
        hg_cell now = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &is);
        hg_look look = look_of(number, rates, &before, &now);
        cr_assert(eq(int, hg_look_next(&look), number < HG_MOST_LOOKS ? HG_LOOK_AGAIN : HG_LOOK_DOUBT));
    }
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

Test(harness_looks, are_in_doubt_at_once_about_growth_that_surely_slows_where_no_longer_one_can_be_made)
{
    const double values[HG_MOST_LOOKS] = {10, 5};
    hg_look_rate rates[HG_MOST_LOOKS];
    hg_site was = site_of(frames, HG_CLASS_LEAK, 10);
    hg_site is = site_of(frames, HG_CLASS_LEAK, 5);
    hg_cell before = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &was);
    hg_cell now = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &is);
    fill_rates(values, 0.01, rates);
    hg_look second = look_of(2, rates, &before, &now);
    second.more = false;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DOUBT), "it would only show the same again");
    fill_rates(values, 0.5, rates);
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_REPEAT), "it may be chance");
}

Test(harness_looks, believe_a_clean_one_that_would_have_seen_the_leak_of_a_shorter_one)
{
    hg_site leak = site_of(frames, HG_CLASS_LEAK, 10);
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, &leak);
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    const double seen[HG_MOST_LOOKS] = {10};
    hg_look_rate rates[HG_MOST_LOOKS];
    fill_rates(seen, 0.01, rates);
    hg_look second = look_of(2, rates, &red, &clean);
    rates[1].visible = 10;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DONE));
    rates[1].visible = 10.1;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_AGAIN), "it might have missed it");
    second.more = false;
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_DOUBT));
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
    const hg_look hopeless = {.number = 1, .now = &thin, .more = true};
    cr_assert(eq(int, hg_look_next(&hopeless), HG_LOOK_DONE), "a longer run would not tell");
}

static hg_look_law law_of(const double *values, double error, uint32_t count)
{
    hg_look_rate rates[HG_MOST_LOOKS];
    fill_rates(values, error, rates);
    return hg_look_law_of(rates, count);
}

Test(harness_looks, tell_the_law_of_growth_by_its_exponent)
{
    const double exponents[] = {0, -0.25, -0.5, -1, -2, 0.5};
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
        double values[HG_MOST_LOOKS];
        for (uint32_t i = 0; i < HG_MOST_LOOKS; i++)
            values[i] = 7 * pow(pow(HG_LOOK_FACTOR, i), exponents[e]);
        double before = INFINITY;
        for (uint32_t count = 2; count <= HG_MOST_LOOKS; count++) {
            hg_look_law law = law_of(values, 0.01, count);
            cr_assert(eq(uint, law.looks, count));
            cr_assert(epsilon_eq(dbl, law.exponent, exponents[e], 1e-9), "of %u looks", count);
            cr_assert(lt(dbl, law.error, before), "more looks know it better");
            before = law.error;
        }
    }
}

Test(harness_looks, know_no_law_of_fewer_than_two_rates)
{
    const double none[HG_MOST_LOOKS] = {0};
    const double one[HG_MOST_LOOKS] = {0, 0, 5, 0};
    cr_assert(eq(uint, law_of(none, 0.1, HG_MOST_LOOKS).looks, 0));
    cr_assert(eq(uint, law_of(one, 0.1, HG_MOST_LOOKS).looks, 1));
    cr_assert(eq(dbl, law_of(one, 0.1, HG_MOST_LOOKS).error, INFINITY));
}

Test(harness_looks, leave_looks_without_growth_out_of_the_law_and_heed_vague_ones_less)
{
    const double gap[HG_MOST_LOOKS] = {0, 3, 3, 3};
    cr_assert(eq(uint, law_of(gap, 0.1, 4).looks, 3));
    cr_assert(epsilon_eq(dbl, law_of(gap, 0.1, 4).exponent, 0, 1e-9));
    const double values[HG_MOST_LOOKS] = {30, 3, 3, 3};
    hg_look_rate rates[HG_MOST_LOOKS];
    fill_rates(values, 0.01, rates);
    double alike = hg_look_law_of(rates, 4).exponent;
    rates[0].error = 60;
    cr_assert(lt(dbl, alike, -0.4));
    cr_assert(lt(dbl, -0.05, hg_look_law_of(rates, 4).exponent));
}

/* Each look inconclusive alone: what is made of all after so many of them, when there are no more. */
static hg_next_look end_of(const double *values, double error, uint32_t count)
{
    hg_look_rate rates[HG_MOST_LOOKS];
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    fill_rates(values, error, rates);
    hg_look last = look_of(count, rates, count > 1 ? &thin : NULL, &thin);
    last.more = false;
    return hg_look_next(&last);
}

Test(harness_looks, tell_growth_that_fades_from_a_leak_and_from_a_square_root)
{
    const double fading[HG_MOST_LOOKS] = {0.4, 0.1, 0.025, 0.00625};
    const double uneven[HG_MOST_LOOKS] = {0.4, 0.08, 0.03, 0.008};
    const double nearly_full[HG_MOST_LOOKS] = {45, 36, 16, 1.6};
    cr_assert(eq(int, end_of(fading, 0.05, 3), HG_LOOK_FADES));
    cr_assert(eq(int, end_of(fading, 0.05, 4), HG_LOOK_FADES));
    cr_assert(eq(int, end_of(uneven, 0.05, 4), HG_LOOK_FADES));
    cr_assert(eq(int, end_of(nearly_full, 0.05, 4), HG_LOOK_FADES));
    cr_assert(eq(int, end_of(fading, 0.05, 2), HG_LOOK_DONE), "two looks are no law");
    cr_assert(eq(int, end_of(fading, 2, 4), HG_LOOK_DONE), "too vague");
    const double square_root[HG_MOST_LOOKS] = {0.4, 0.2, 0.1, 0.05, 0.025, 0.0125};
    const double settled[HG_MOST_LOOKS] = {45, 3, 1.5, 1.4};
    const double stopped[HG_MOST_LOOKS] = {0.4};
    for (uint32_t count = 1; count <= HG_MOST_LOOKS; count++) {
        cr_assert(eq(int, end_of(square_root, 0.05, count), HG_LOOK_DONE));
        cr_assert(eq(int, end_of(stopped, 0.05, count), HG_LOOK_DONE));
    }
    cr_assert(eq(int, end_of(settled, 0.05, 4), HG_LOOK_DONE), "a leak is left");
}

Test(harness_looks, call_growth_a_leak_that_three_of_them_see_at_one_rate)
{
    const double steady[HG_MOST_LOOKS] = {6, 6.1, 6.05, 6.1, 6.1, 6.1};
    const double emerging[HG_MOST_LOOKS] = {0, 0, 6.2, 6.4, 6.3, 6.3};
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    hg_look_rate rates[HG_MOST_LOOKS];
    fill_rates(steady, 0.02, rates);
    hg_look second = look_of(2, rates, &thin, &thin);
    cr_assert(eq(int, hg_look_next(&second), HG_LOOK_AGAIN));
    hg_look third = look_of(3, rates, &thin, &thin);
    cr_assert(eq(int, hg_look_next(&third), HG_LOOK_PERSISTS));
    third.thin = false;
    cr_assert(eq(int, hg_look_next(&third), HG_LOOK_DONE), "not for want of length");
    fill_rates(emerging, 0.02, rates);
    hg_look fourth = look_of(4, rates, &thin, &thin);
    cr_assert(eq(int, hg_look_next(&fourth), HG_LOOK_AGAIN), "two looks are no law");
    hg_look fifth = look_of(5, rates, &thin, &thin);
    cr_assert(eq(int, hg_look_next(&fifth), HG_LOOK_PERSISTS));
}

Test(harness_looks, do_not_call_growth_a_leak_that_slows_or_stops_or_is_vague)
{
    const double filling[HG_MOST_LOOKS] = {10, 9, 8, 5, 3, 1};
    const double square_root[HG_MOST_LOOKS] = {8, 4, 2, 1, 0.5, 0.25};
    const double stopped[HG_MOST_LOOKS] = {6, 6, 0, 0, 0, 0};
    const double steady[HG_MOST_LOOKS] = {6, 6, 6, 6, 6, 6};
    for (uint32_t count = 1; count <= HG_MOST_LOOKS; count++) {
        cr_assert(ne(int, end_of(filling, 0.02, count), HG_LOOK_PERSISTS), "%u looks", count);
        cr_assert(ne(int, end_of(square_root, 0.05, count), HG_LOOK_PERSISTS), "%u looks", count);
        cr_assert(ne(int, end_of(stopped, 0.02, count), HG_LOOK_PERSISTS), "%u looks", count);
        cr_assert(ne(int, end_of(steady, 1, count), HG_LOOK_PERSISTS), "%u vague looks", count);
    }
}

/* Growth like the power 0.9 of the ops has no bound in sight: it is a leak once there is no look left. */
Test(harness_looks, call_growth_that_nearly_keeps_pace_a_leak_when_none_is_left)
{
    double values[HG_MOST_LOOKS];
    hg_look_rate rates[HG_MOST_LOOKS];
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    for (uint32_t i = 0; i < HG_MOST_LOOKS; i++)
        values[i] = 7 * pow(pow(HG_LOOK_FACTOR, i), -0.1);
    cr_assert(eq(int, end_of(values, 0.02, 4), HG_LOOK_PERSISTS));
    cr_assert(eq(int, end_of(values, 0.02, HG_MOST_LOOKS), HG_LOOK_PERSISTS));
    cr_assert(eq(int, end_of(values, 0.02, 3), HG_LOOK_DONE), "too few");
    fill_rates(values, 0.02, rates);
    hg_look fourth = look_of(4, rates, &thin, &thin);
    cr_assert(eq(int, hg_look_next(&fourth), HG_LOOK_AGAIN), "not before");
}

/* A table that was full in the last look: its rate is too vague to weigh in the law. */
Test(harness_looks, do_not_call_growth_a_leak_that_ends_in_the_last_one)
{
    const double values[HG_MOST_LOOKS] = {8, 8, 7.8, 7.2, 5, 0.12};
    hg_look_rate rates[HG_MOST_LOOKS];
    hg_cell thin = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    fill_rates(values, 0.01, rates);
    rates[HG_MOST_LOOKS - 1].error = 0.1;
    hg_look last = look_of(HG_MOST_LOOKS, rates, &thin, &thin);
    cr_assert(ne(int, hg_look_next(&last), HG_LOOK_PERSISTS));
}

/* Looks that were clean, and a last one in which the whole rises by so much per op. */
static hg_next_look after_rise(double rate, double error, bool more, hg_verdict before)
{
    hg_look_rate rates[4] = {0};
    hg_cell was = cell_of(before, HG_EXPECT_CLEAN, NULL);
    hg_cell open = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    for (uint32_t i = 0; i < 4; i++)
        rates[i] = (hg_look_rate){.visible = 0.001, .ops = 100000 * pow(HG_LOOK_FACTOR, i)};
    rates[3].rate = rate;
    rates[3].error = error;
    hg_look last = look_of(4, rates, &was, &open);
    last.more = more;
    last.thin = HG_THIN_RISES;
    return hg_look_next(&last);
}

Test(harness_looks, call_a_rise_clean_that_is_less_than_clean_excludes)
{
    const double slight = 0.0003, error = 0.00005; /* 2 KB in all */
    cr_assert(eq(int, after_rise(slight, error, false, HG_VERDICT_CLEAN), HG_LOOK_FADES));
    cr_assert(eq(int, after_rise(slight, error, true, HG_VERDICT_CLEAN), HG_LOOK_AGAIN),
              "a longer one tells");
    cr_assert(eq(int, after_rise(slight, error, false, HG_VERDICT_INCONCLUSIVE), HG_LOOK_DONE), "it lasts");
    cr_assert(eq(int, after_rise(slight, 6 * error, false, HG_VERDICT_CLEAN), HG_LOOK_DONE),
              "it may be more");
    cr_assert(eq(int, after_rise(4 * slight, error, false, HG_VERDICT_CLEAN), HG_LOOK_DONE),
              "clean excludes it");
}

/* Looks that see nothing for what is alive swings, and the most that was alive in each. */
static hg_next_look after_swings(const double *most, uint32_t count, int64_t allocations, hg_thinness thin)
{
    hg_look_rate rates[HG_MOST_LOOKS] = {0};
    hg_cell open = cell_of(HG_VERDICT_INCONCLUSIVE, HG_EXPECT_CLEAN, NULL);
    for (uint32_t i = 0; i < count; i++)
        rates[i] = (hg_look_rate){.visible = 10, .ops = 1000 * pow(HG_LOOK_FACTOR, i), .most = most[i]};
    hg_look last = look_of(count, rates, count > 1 ? &open : NULL, &open);
    last.allocations = allocations;
    last.thin = thin;
    return hg_look_next(&last);
}

Test(harness_looks, call_a_swing_clean_whose_height_stands_still)
{
    const double standing[HG_MOST_LOOKS] = {6000, 6400, 6100, 6300, 6300, 6300};
    const double rising[HG_MOST_LOOKS] = {6000, 6400, 7600, 9600, 15000, 40000};
    const double late[HG_MOST_LOOKS] = {6000, 6000, 6000, 6000, 6000, 9000};
    cr_assert(eq(int, after_swings(standing, 2, DEAR, HG_THIN_SWINGS), HG_LOOK_AGAIN),
              "one step says little");
    cr_assert(eq(int, after_swings(standing, 3, DEAR, HG_THIN_SWINGS), HG_LOOK_STANDS));
    cr_assert(eq(int, after_swings(standing, 3, CHEAP, HG_THIN_SWINGS), HG_LOOK_AGAIN),
              "a longer one is cheap");
    cr_assert(eq(int, after_swings(standing, HG_SURE_LOOKS, CHEAP, HG_THIN_SWINGS), HG_LOOK_STANDS));
    cr_assert(eq(int, after_swings(standing, 4, DEAR, HG_THIN), HG_LOOK_AGAIN), "something grows unsteadily");
    for (uint32_t count = 3; count <= HG_MOST_LOOKS; count++)
        cr_assert(ne(int, after_swings(rising, count, DEAR, HG_THIN_SWINGS), HG_LOOK_STANDS), "%u looks",
                  count);
    cr_assert(eq(int, after_swings(late, HG_MOST_LOOKS, DEAR, HG_THIN_SWINGS), HG_LOOK_DONE));
}

/* What is alive at the end of each look, in KiB; each look alone is clean. */
static hg_next_look after_levels(const double *kib, double fall, uint32_t count, bool more)
{
    hg_look_rate rates[HG_MOST_LOOKS] = {0};
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    for (uint32_t i = 0; i < count; i++)
        rates[i] = (hg_look_rate){
            .ops = 1000 * pow(HG_LOOK_FACTOR, i), .level = 1024 * kib[i], .fall = 1024 * fall, .visible = 1};
    hg_look last = look_of(count, rates, count > 1 ? &clean : NULL, &clean);
    last.more = more;
    return hg_look_next(&last);
}

Test(harness_looks, call_it_a_leak_where_what_is_alive_keeps_pace_with_their_length)
{
    const double doubling[HG_MOST_LOOKS] = {8, 32, 128, 512, 2048, 8192};
    cr_assert(eq(int, after_levels(doubling, 0, 2, true), HG_LOOK_DONE), "one rise");
    cr_assert(eq(int, after_levels(doubling, 0, 3, true), HG_LOOK_AGAIN), "two rises");
    cr_assert(eq(int, after_levels(doubling, 0, 3, false), HG_LOOK_DOUBT), "two rises, and none is left");
    cr_assert(eq(int, after_levels(doubling, 0, 4, false), HG_LOOK_RISES));
    cr_assert(eq(int, after_levels(doubling, 0, HG_MOST_LOOKS, true), HG_LOOK_RISES));
    cr_assert(eq(int, after_levels(doubling, 400, 4, false), HG_LOOK_DONE),
              "no more than it falls within one");
}

Test(harness_looks, are_in_doubt_where_that_leaps_over_looks_in_which_it_stands_still)
{
    const double eightfold[HG_MOST_LOOKS] = {128, 128, 1024, 1024, 8192, 65536};
    const double early[HG_MOST_LOOKS] = {128, 1024, 1024, 8192};
    const double once[HG_MOST_LOOKS] = {128, 128, 128, 8192};
    const double bound[HG_MOST_LOOKS] = {128, 1024, 8192, 8192, 9000};
    cr_assert(eq(int, after_levels(eightfold, 0, HG_MOST_LOOKS, true), HG_LOOK_DOUBT));
    cr_assert(eq(int, after_levels(early, 0, 4, false), HG_LOOK_DOUBT));
    cr_assert(eq(int, after_levels(early, 0, 4, true), HG_LOOK_AGAIN));
    cr_assert(eq(int, after_levels(early, 0, 3, false), HG_LOOK_DONE), "it stands still in the last one");
    cr_assert(eq(int, after_levels(once, 0, 4, false), HG_LOOK_DONE));
    cr_assert(eq(int, after_levels(bound, 0, 5, false), HG_LOOK_DONE));
}

Test(harness_looks, are_in_doubt_where_that_doubles_unevenly_from_look_to_look)
{
    const double doubling[HG_MOST_LOOKS] = {214, 598, 1110, 4182, 32854, 65621};
    const double slower[HG_MOST_LOOKS] = {214, 598, 1110, 4182, 8192, 12288};
    const double stands[HG_MOST_LOOKS] = {214, 598, 1110, 4182, 4182, 65621};
    cr_assert(eq(int, after_levels(doubling, 0, HG_MOST_LOOKS, true), HG_LOOK_DOUBT));
    cr_assert(eq(int, after_levels(doubling, 40000, HG_MOST_LOOKS, true), HG_LOOK_DONE),
              "no more than it falls within one");
    cr_assert(eq(int, after_levels(slower, 0, HG_MOST_LOOKS, true), HG_LOOK_DONE));
    cr_assert(eq(int, after_levels(stands, 0, HG_MOST_LOOKS, true), HG_LOOK_DOUBT));
}

Test(harness_looks, follow_a_clean_one_in_which_much_could_hide_while_that_costs_little)
{
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    hg_look_rate rates[HG_MOST_LOOKS] = {0};
    for (uint32_t i = 0; i < HG_MOST_LOOKS; i++)
        rates[i] = (hg_look_rate){.ops = 160000, .level = 2e6, .most = 2e6, .visible = 10};
    hg_look_rate *last = &rates[HG_CHEAP_LOOKS];
    hg_look look = look_of(HG_CHEAP_LOOKS + 1, rates, &clean, &clean);
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE), "a longer one is dear");
    look.allocations = CHEAP;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_FURTHER));
    look.more = false;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE));
    look.more = true;
    last->most = 1e7;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE), "little, beside what was alive");
    last->most = 2e6;
    last->visible = HG_FINE_ENOUGH;
    cr_assert(eq(int, hg_look_next(&look), HG_LOOK_DONE));
}

Test(harness_looks, leave_growth_within_its_budget_alone)
{
    hg_look_rate rates[HG_MOST_LOOKS] = {0};
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        double ops = 1000 * pow(HG_LOOK_FACTOR, i);
        rates[i] = (hg_look_rate){.rate = 36, .ops = ops, .level = 36 * ops, .visible = 1};
    }
    hg_look last = look_of(4, rates, &clean, &clean);
    cr_assert(eq(int, hg_look_next(&last), HG_LOOK_AGAIN));
    last.max_bytes_per_op = 36;
    cr_assert(eq(int, hg_look_next(&last), HG_LOOK_DONE));
    last.max_bytes_per_op = 35;
    cr_assert(eq(int, hg_look_next(&last), HG_LOOK_AGAIN));
}

Test(harness_looks, do_not_mind_what_is_alive_where_that_comes_to_a_bound_or_is_little)
{
    const double bound[HG_MOST_LOOKS] = {8, 32, 128, 130, 130, 130};
    const double slowing[HG_MOST_LOOKS] = {8, 32, 70, 130, 230, 400};
    const double little[HG_MOST_LOOKS] = {0.1, 0.3, 0.9, 2.7, 3, 3.5};
    const double falling[HG_MOST_LOOKS] = {500, 128, 32, 8, 4, 2};
    for (uint32_t count = 4; count <= HG_MOST_LOOKS; count++) {
        cr_assert(eq(int, after_levels(bound, 0, count, false), HG_LOOK_DONE));
        cr_assert(eq(int, after_levels(slowing, 0, count, false), HG_LOOK_DONE));
        cr_assert(eq(int, after_levels(little, 0, count, false), HG_LOOK_DONE));
        cr_assert(eq(int, after_levels(falling, 0, count, false), HG_LOOK_DONE));
    }
}

Test(harness_looks, take_longer_by_more_than_their_length_where_ops_get_slower)
{
    const int64_t ops[] = {1000, 2000, 3000, 4000};
    const struct {
        int64_t cpu_ns[4];
        double times;
    } cases[] = {{{50, 50, 50, 50}, 4},     {{10, 30, 50, 70}, 16}, {{90, 30, 20, 20}, 4},
                 {{1, 1, 100, 100000}, 64}, {{0, 0, 0, 0}, 4},      {{-5, 2, 3, -9}, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect(ieee_ulp_eq(dbl, hg_look_longer_takes(ops, cases[i].cpu_ns, 4), cases[i].times, 8),
                  "case %zu: %g", i, hg_look_longer_takes(ops, cases[i].cpu_ns, 4));
    cr_expect(ieee_ulp_eq(dbl, hg_look_longer_takes(NULL, NULL, 0), 4, 1));
}

Test(harness_looks, confirm_fragmentation_by_the_next_one_or_let_it_go)
{
    hg_cell held = cell_of(HG_VERDICT_FRAGMENTATION, HG_EXPECT_CLEAN, NULL);
    cr_assert(eq(int, next(1, NULL, &held, DEAR), HG_LOOK_AGAIN));
    cr_assert(eq(int, next(HG_CHEAP_LOOKS + 1, &held, &held, DEAR), HG_LOOK_REFUTES));
}

Test(harness_looks, confirm_growth_without_a_call_path_by_the_verdict)
{
    hg_cell red = cell_of(HG_VERDICT_LEAK, HG_EXPECT_CLEAN, NULL);
    hg_cell clean = cell_of(HG_VERDICT_CLEAN, HG_EXPECT_CLEAN, NULL);
    cr_assert(hg_look_confirms(&red, &red));
    cr_assert(not(hg_look_confirms(&clean, &red)));
}

Test(harness_looks, compare_paths_by_function_and_module_name_where_no_source_is_known)
{
    hg_frame moved[] = {{.function = "culprit", .file = "", .module = "/b/lib.so", .line = 99, .offset = 5},
                        {.function = "heapgate_iterate", .file = "", .module = "plugin.so"}};
    hg_frame renamed[] = {{.function = "culprit", .file = "", .module = "/a/lib2.so", .offset = 77},
                          {.function = "heapgate_iterate", .file = "", .module = "plugin.so"}};
    hg_site here = site_of(frames, HG_CLASS_LEAK, 1);
    hg_site there = site_of(moved, HG_CLASS_LEAK, 1);
    hg_site elsewhere = site_of(renamed, HG_CLASS_LEAK, 1);
    cr_assert(hg_same_call_path(&here, &there));
    cr_assert(not(hg_same_call_path(&here, &elsewhere)));
    there.frame_count = 1;
    cr_assert(not(hg_same_call_path(&here, &there)));
}
