/*
 * Goal: the verdict of a cell follows from its evidence in the order of gravity: blind, incomplete, leak,
 * unclear, clean.
 */
#include "record/record.h"
#include "verdict/sentences.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OPS = 1000, ROUNDS = 10 };

static const hg_growth still = {.growth_class = HG_CLASS_BOUNDED};
static const hg_growth leak = {.growth_class = HG_CLASS_LEAK,
                               .blocks_per_round = 1000,
                               .bytes_per_round = 32000,
                               .bytes_per_round_error = 30};
static const hg_growth unclear = {
    .growth_class = HG_CLASS_ONE_TIME, .unclear = true, .blocks_per_round = 1, .bytes_per_round = 64};
static const hg_growth filling = {
    .growth_class = HG_CLASS_FILLING, .unclear = true, .blocks_per_round = 100, .bytes_per_round = 4000};

static hg_evidence evidence_of(const hg_growth *sites, size_t count)
{
    return (hg_evidence){
        .sites = sites,
        .site_count = count,
        .whole = still,
        .quiet = still,
        .files = still,
        .threads = still,
        .control = {.growth_class = HG_CLASS_LEAK, .bytes_per_round = 640, .blocks_per_round = 10},
        .control_injected = 640,
        .allocations = (int64_t)OPS * ROUNDS,
        .ops_per_round = OPS,
        .rounds = ROUNDS,
    };
}

static bool says(const hg_evidence *evidence, hg_rounds_of rounds, const char *text)
{
    hg_judgement result = hg_judge(evidence);
    char *sentence = hg_sentence(evidence, &result, rounds, NULL);
    bool found = strstr(sentence, text) != NULL;
    free(sentence);
    return found;
}

Test(harness_verdict, is_clean_when_nothing_grows)
{
    hg_evidence evidence = evidence_of(&still, 1);
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_CLEAN));
    cr_assert(not(result.blind || result.thin));
    cr_assert(ieee_ulp_eq(dbl, result.bytes_per_op, 0, 0));
    cr_assert(epsilon_eq(dbl, result.control_recovered_bytes_per_op, 0.64, 1e-12));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "no growth"));
}

Test(harness_verdict, is_a_leak_at_the_sum_of_its_sites)
{
    const hg_growth sites[] = {
        leak, still, {.growth_class = HG_CLASS_LEAK, .bytes_per_round = 8000, .bytes_per_round_error = 40}};
    hg_evidence evidence = evidence_of(sites, 3);
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_LEAK));
    cr_assert(epsilon_eq(dbl, result.bytes_per_op, 40, 1e-9));
    cr_assert(epsilon_eq(dbl, result.bytes_per_op_error, 0.07, 1e-9));
    cr_assert(epsilon_eq(dbl, result.blocks_per_op, 1, 1e-9));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "2 call paths"));
}

Test(harness_verdict, adds_what_grows_like_a_leak_to_one_and_leaves_out_what_came_once)
{
    hg_growth rare = unclear;
    rare.recurring = true;
    const hg_growth sites[] = {leak, rare, unclear};
    hg_evidence evidence = evidence_of(sites, 3);
    cr_assert(epsilon_eq(dbl, hg_judge(&evidence).bytes_per_op, 32.064, 1e-9));
}

Test(harness_verdict, finds_its_control_in_a_run_too_short_to_call_it_a_leak)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.control.growth_class = HG_CLASS_ONE_TIME;
    evidence.control.unclear = true;
    cr_assert(not(hg_judge(&evidence).blind));
    evidence.control.bytes_per_round = 600;
    cr_assert(hg_judge(&evidence).blind);
}

Test(harness_verdict, allows_growth_up_to_the_budget_and_not_beyond)
{
    hg_evidence evidence = evidence_of(&leak, 1);
    evidence.max_bytes_per_op = 32;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_CLEAN));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "within its budget"));
    evidence.max_bytes_per_op = 32 * (1 - 1e-12);
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN), "rates are rounded");
    evidence.max_bytes_per_op = 31.99;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_LEAK));
}

Test(harness_verdict, is_a_leak_where_blocks_of_no_bytes_are_lost_and_nothing_is_allowed)
{
    hg_growth empty = leak;
    empty.bytes_per_round = empty.bytes_per_round_error = 0;
    hg_evidence evidence = evidence_of(&empty, 1);
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_LEAK));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "1 call path grows every round, by blocks of 0 bytes"));
    evidence.max_bytes_per_op = 0.5;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN));
}

Test(harness_verdict, is_blind_when_the_control_is_off_by_two_percent)
{
    const double found[] = {640 * 1.02, 640 * 0.98, 0, -640, NAN, INFINITY};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        hg_evidence evidence = evidence_of(&still, 1);
        evidence.control.bytes_per_round = found[i];
        hg_judgement result = hg_judge(&evidence);
        cr_assert(eq(int, result.verdict, HG_VERDICT_FAILED), "found %g", found[i]);
        cr_assert(result.blind, "found %g", found[i]);
    }
    const double fine[] = {640 * 1.009, 640 * 0.991, 640};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        hg_evidence evidence = evidence_of(&still, 1);
        evidence.control.bytes_per_round = fine[i];
        cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN), "found %g", fine[i]);
    }
}

Test(harness_verdict, is_blind_when_no_control_was_made_or_it_did_not_look_like_a_leak)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.control_injected = 0;
    evidence.control.bytes_per_round = 0;
    cr_assert(hg_judge(&evidence).blind);
    evidence = evidence_of(&still, 1);
    evidence.control.growth_class = HG_CLASS_BOUNDED;
    cr_assert(hg_judge(&evidence).blind);
}

Test(harness_verdict, is_blind_before_it_is_anything_else)
{
    hg_evidence evidence = evidence_of(&leak, 1);
    evidence.control.bytes_per_round = 0;
    evidence.unrecorded = 5;
    evidence.files = leak;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_FAILED));
    cr_assert(result.blind);
}

Test(harness_verdict, is_inconclusive_when_stacks_were_not_recorded)
{
    hg_evidence evidence = evidence_of(&leak, 1);
    evidence.unrecorded = 5;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(not(result.thin), "a longer run would not help");
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "5 allocations"));
}

Test(harness_verdict, asks_for_a_longer_run_when_growth_is_unclear)
{
    hg_evidence evidence = evidence_of(&unclear, 1);
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(result.thin);
    evidence = evidence_of(&filling, 1);
    result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(result.thin);
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "still filling"));
}

/* Nobody can give a program more ops, and it has no heapgate_quiesce. */
Test(harness_verdict, advises_what_can_be_done_where_the_rounds_come_from)
{
    const hg_growth *const kinds[] = {&unclear, &filling};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        hg_evidence evidence = evidence_of(kinds[i], 1);
        cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "more ops"));
        cr_assert(says(&evidence, HG_ROUNDS_OF_SOAK, "; let it run longer"));
        cr_assert(says(&evidence, HG_ROUNDS_OF_PROGRAM, "; let the program run longer"));
        cr_assert(not(says(&evidence, HG_ROUNDS_OF_SOAK, "more ops") ||
                      says(&evidence, HG_ROUNDS_OF_SOAK, "quiesce") ||
                      says(&evidence, HG_ROUNDS_OF_PROGRAM, "quiesce")));
    }
}

Test(harness_verdict, advises_a_program_that_swings_to_tell_whole_cycles)
{
    hg_evidence evidence = evidence_of(&unclear, 0);
    const hg_judgement swings = {
        .verdict = HG_VERDICT_INCONCLUSIVE, .cause = HG_CAUSE_TOO_COARSE, .advice = HG_ADVICE_MORE_OPS};
    char *text = hg_sentence(&evidence, &swings, HG_ROUNDS_OF_PROGRAM, "ms");
    cr_assert(ne(ptr,
                 strstr(text, "; let the program run longer, with rounds that are as long as whole cycles"),
                 NULL),
              "%s", text);
    free(text);
}

Test(harness_verdict, does_not_mind_unclear_growth_within_the_budget)
{
    hg_evidence evidence = evidence_of(&unclear, 1);
    evidence.max_bytes_per_op = 1;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN));
}

Test(harness_verdict, puts_a_certain_leak_before_unclear_growth)
{
    const hg_growth sites[] = {filling, leak, unclear};
    hg_evidence evidence = evidence_of(sites, 3);
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_LEAK));
    cr_assert(not(result.thin));
}

Test(harness_verdict, counts_open_files_and_threads_like_memory)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.files = (hg_growth){.growth_class = HG_CLASS_LEAK, .blocks_per_round = 3};
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_LEAK));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "open files grow by 0.003 per op"));
    evidence = evidence_of(&still, 1);
    evidence.threads = (hg_growth){.growth_class = HG_CLASS_LEAK, .blocks_per_round = 2};
    result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_LEAK));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "threads grow by 0.002 per op"));
}

Test(harness_verdict, sees_growth_that_is_spread_over_many_call_paths)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.whole = leak;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_LEAK));
    cr_assert(epsilon_eq(dbl, result.bytes_per_op, 32, 1e-9));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "spread over"));
    evidence.max_bytes_per_op = 32;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN));
}

Test(harness_verdict, states_the_smallest_leak_that_would_have_shown)
{
    hg_evidence evidence = evidence_of(&still, 1);
    double blocks = hg_judge(&evidence).min_detectable_bytes_per_op * OPS * ROUNDS / HG_DETECTABLE_BLOCK;
    cr_assert(epsilon_eq(dbl, blocks, 5.0 * ROUNDS / (ROUNDS - 1), 1e-9));
    evidence.death_age = 4;
    blocks = hg_judge(&evidence).min_detectable_bytes_per_op * OPS * ROUNDS / HG_DETECTABLE_BLOCK;
    cr_assert(epsilon_eq(dbl, blocks, 10.5, 1e-9), "young blocks of a cache are not looked at");
    evidence.death_age = ROUNDS;
    blocks = hg_judge(&evidence).min_detectable_bytes_per_op * OPS * ROUNDS / HG_DETECTABLE_BLOCK;
    cr_assert(epsilon_eq(dbl, blocks, 70, 1e-9), "only growth in every round is told from a young cache");
    hg_growth noisy = still;
    noisy.hidden_bytes_per_round = 5000;
    evidence = evidence_of(&noisy, 1);
    cr_assert(epsilon_eq(dbl, hg_judge(&evidence).min_detectable_bytes_per_op, 5, 1e-12));
    hg_growth loud_leak = leak;
    loud_leak.hidden_bytes_per_round = 1e6;
    const hg_growth sites[] = {noisy, loud_leak};
    evidence = evidence_of(sites, 2);
    cr_assert(epsilon_eq(dbl, hg_judge(&evidence).min_detectable_bytes_per_op, 5, 1e-12));
}

Test(harness_verdict, needs_no_sites_at_all)
{
    hg_evidence evidence = evidence_of(NULL, 0);
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN));
}

Test(harness_verdict, is_clean_where_nothing_was_allocated_and_says_so)
{
    hg_evidence evidence = evidence_of(NULL, 0);
    evidence.allocations = 0;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_CLEAN));
    cr_assert(eq(int, result.cause, HG_CAUSE_NOTHING_ALLOCATED));
    cr_assert(
        says(&evidence, HG_ROUNDS_OF_WORKLOAD, "no growth; nothing was allocated in the measured rounds"));
    evidence.allocations = -1;
    cr_assert(eq(int, hg_judge(&evidence).cause, HG_CAUSE_NO_GROWTH), "not known");
}

Test(harness_verdict, says_how_rare_a_loss_it_would_have_missed)
{
    hg_evidence evidence = evidence_of(&still, 1);
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, ", if it loses a block in 1 429 ops or less"));
}

Test(harness_verdict, takes_a_buffer_that_fits_the_largest_input_for_no_rise)
{
    hg_evidence evidence = evidence_of(&still, 1);
    double ops = (double)evidence.ops_per_round * evidence.rounds;
    evidence.level = (hg_level){.rises = true, .per_op = 3000 / ops, .error = 100 / ops};
    evidence.largest_block = 4000;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN));
    evidence.blocks_rise = true;
    cr_assert(eq(int, hg_judge(&evidence).cause, HG_CAUSE_LEVEL_RISES), "one block more is no larger buffer");
    evidence.blocks_rise = false;
    evidence.largest_block = 2000;
    cr_assert(eq(int, hg_judge(&evidence).cause, HG_CAUSE_LEVEL_RISES), "by more than such a buffer");
}

Test(harness_verdict, asks_for_a_longer_run_when_the_level_rises)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.level = (hg_level){.rises = true, .per_op = 0.5, .error = 0.1};
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(eq(int, result.cause, HG_CAUSE_LEVEL_RISES));
    cr_assert(eq(int, result.thin, HG_THIN_RISES));
    cr_assert(ieee_ulp_eq(dbl, result.bytes_per_op, 0.5, 0));
    cr_assert(ieee_ulp_eq(dbl, result.bytes_per_op_error, 0.1, 0));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "rises by 0.5 bytes per op"));
    evidence.max_bytes_per_op = 0.3;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN), "within its budget but for its error");
    evidence.max_bytes_per_op = 0.15;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_INCONCLUSIVE));
    evidence = evidence_of(&leak, 1);
    evidence.level.rises = true;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_LEAK), "a call path is surer");
}

Test(harness_verdict, is_not_clean_where_more_could_hide_than_was_ever_alive)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.most_live = 100000;
    evidence.level.hidden_per_op = 10;
    evidence.level.seen_per_op = 20;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN));
    cr_assert(ieee_ulp_eq(dbl, hg_judge(&evidence).min_detectable_bytes_per_op, 20, 0));
    evidence.level.hidden_per_op = 10.1;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(eq(int, result.cause, HG_CAUSE_TOO_COARSE));
    cr_assert(eq(int, result.thin, HG_THIN_SWINGS));
    evidence.level.rising_ops = 6000;
    evidence.largest_alive = 60000;
    result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_CLEAN), "it returned to where it was");
    cr_assert(ieee_ulp_eq(dbl, result.min_detectable_bytes_per_op, 10, 0), "which shows a block in the run");
    evidence.level.swing_bytes = 41000;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_INCONCLUSIVE), "as far as it swings");
    evidence.level.hidden_per_op = HG_FINE_ENOUGH;
    evidence.most_live = 0;
    evidence.ops_per_round = 1000000;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_CLEAN), "fine enough");
}

Test(harness_verdict, is_never_clean_where_memory_grows_that_is_not_counted)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.unseen = (hg_unseen){.grows = true, .per_op = 40};
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(eq(int, result.thin, HG_THIN), "a longer run may see its end");
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "memory grows by 40 bytes per op outside"));
    evidence.held = (hg_unseen){.grows = true, .much = true, .per_op = 64};
    evidence.held_file = "/memfd:log";
    result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(not(result.thin));
    cr_assert(
        says(&evidence, HG_ROUNDS_OF_WORKLOAD, "grow by 64 bytes per op; the largest file is /memfd:log"));
}

Test(harness_verdict, is_never_clean_at_a_limit_or_where_something_was_not_counted)
{
    hg_evidence evidence = evidence_of(&still, 1);
    evidence.at_limit = HG_LIMIT_FILES;
    hg_judgement result = hg_judge(&evidence);
    cr_assert(eq(int, result.verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(not(result.thin));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "came to the limit of its open files"));
    evidence.at_limit = HG_LIMIT_MAPPINGS;
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "came to the limit of its memory mappings"));
    evidence.files = (hg_growth){.growth_class = HG_CLASS_LEAK, .blocks_per_round = 3};
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_LEAK), "what was seen is seen");
    evidence = evidence_of(&still, 1);
    evidence.uncounted = true;
    cr_assert(eq(int, hg_judge(&evidence).verdict, HG_VERDICT_INCONCLUSIVE));
    cr_assert(says(&evidence, HG_ROUNDS_OF_WORKLOAD, "could not be counted"));
}

Test(harness_verdict, states_the_smallest_visible_leak_in_blocks_of_the_largest_size_that_came)
{
    hg_evidence evidence = evidence_of(&still, 1);
    double small = hg_judge(&evidence).min_detectable_bytes_per_op;
    evidence.largest_block = HG_DETECTABLE_BLOCK / 2;
    cr_assert(ieee_ulp_eq(dbl, hg_judge(&evidence).min_detectable_bytes_per_op, small, 0));
    evidence.largest_block = 100 * HG_DETECTABLE_BLOCK;
    cr_assert(ieee_ulp_eq(dbl, hg_judge(&evidence).min_detectable_bytes_per_op, 100 * small, 4));
}
