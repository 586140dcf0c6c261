/*
 * Goal: verdicts hold where a single short run would be wrong; what cannot be decided is said to be open.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect(const checked *done, int code, const char *verdict, const char *says)
{
    const json_t *cell = checked_cell(done, 0);
    cr_assert(eq(int, done->result.exit_code, code), "%s\n%s", done->result.line, done->result.out);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), (char *)verdict), "%s", done->result.line);
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), says), NULL), "'%s': %s", text_of(cell, "reason"),
              done->result.line);
}

static void expect_verdict(const char *chosen, int code, const char *verdict, const char *says)
{
    checked done = check(PLUGIN("verdicts"), chosen, NULL);
    expect(&done, code, verdict, says);
    checked_free(&done);
}

Test(verdicts, are_not_taken_in_by_a_cache_that_is_full_only_after_the_first_run)
{
    expect_verdict("fills", 0, "clean", "no growth");
}

Test(verdicts, are_not_taken_in_by_a_flush_that_comes_after_the_first_run)
{
    expect_verdict("flushes", 0, "clean", "no growth");
}

Test(verdicts, are_not_taken_in_by_records_that_come_in_the_place_of_others)
{
    expect_verdict("refreshed", 0, "clean", "no growth");
}

Test(verdicts, are_not_taken_in_by_a_large_cache_beside_much_that_comes_and_goes)
{
    expect_verdict("large_cache", 0, "clean", "no growth");
}

Test(verdicts, find_what_a_pool_loses_that_takes_a_mebibyte_in_327680_ops)
{
    expect_verdict("pool", 1, "leak", "1 call path grows");
}

Test(verdicts, find_a_block_lost_in_5000_ops)
{
    checked done = check(PLUGIN("verdicts"), "rare", NULL);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 1, "leak", "1 call path grows");
    cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 32.0 / 5000, 0.1 * 32.0 / 5000));
    cr_assert(lt(dbl, 10000, number_of(cell, "ops")), "a longer run found it");
    checked_free(&done);
}

Test(verdicts, name_what_grows_by_blocks_that_are_made_anew_beside_a_small_leak)
{
    checked done = check(PLUGIN("verdicts"), "anew", NULL);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 1, "leak", "1 call path grows every round; 1 more grows in total");
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    cr_assert(eq(str, (char *)text_of(site, "class"), "leak"));
    cr_assert(lt(dbl, 4, number_of(site, "bytes_per_op")));
    const char *function = text_of(json_array_get(json_object_get(site, "frames"), 0), "function");
    cr_assert(eq(str, (char *)function, "make_anew"));
    checked_free(&done);
}

Test(verdicts, are_of_fewer_ops_where_they_are_slow_and_nobody_said_how_many)
{
    static const char *const quick[] = {"--quick", NULL};
    checked done = check(PLUGIN("verdicts"), "slow", quick);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 0, "clean", "no growth");
    cr_assert(lt(dbl, number_of(cell, "ops"), 10000));
    cr_assert(ne(ptr, strstr(text_of(cell, "reproduce"), " --ops "), NULL));
    checked_free(&done);
}

Test(verdicts, count_what_the_last_call_of_an_op_allocates_though_it_leaves_no_frame)
{
    checked done = check(PLUGIN("last_call"), "", NULL);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 1, "leak", "1 call path grows");
    cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 32.5, 0.4));
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    const char *function = text_of(json_array_get(json_object_get(site, "frames"), 0), "function");
    cr_assert(ne(ptr, strstr(function, "atexit"), NULL), "%s", function);
    checked_free(&done);
}

static void expect_uncounted(const char *chosen, const char *says)
{
    char twin[64];
    checked done = check(PLUGIN("uncounted"), chosen, NULL);
    expect(&done, 3, "inconclusive", says);
    checked_free(&done);
    snprintf(twin, sizeof twin, "no_%s", chosen);
    done = check(PLUGIN("uncounted"), twin, NULL);
    expect(&done, 0, "clean", "no ");
    checked_free(&done);
}

Test(verdicts, are_not_clean_where_memory_grows_that_no_allocation_counts)
{
    expect_uncounted("break", "bytes per op outside what heapgate counts");
    expect_uncounted("reserved_memory", "memory grows by 81.9 bytes per op outside what heapgate counts");
    expect_uncounted("file_in_memory", "grow by 64 bytes per op; the largest file is /memfd:messages");
    expect_uncounted("past", "the allocator hands out 4.");
    expect_uncounted("segments", "files and shared segments in memory grow by");
    expect_uncounted("keys", "the limit of its thread-specific keys (PTHREAD_KEYS_MAX)");
}

/* As interpreters do for code without a compiler. */
Test(verdicts, count_the_blocks_of_a_malloc_that_was_looked_up_by_name)
{
    static const char *const places[] = {"library", "next"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        checked done = check(PLUGIN("looked_up"), places[i], NULL);
        const json_t *cell = checked_cell(&done, 0);
        expect(&done, 1, "leak", "1 call path grows");
        cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 4, 0.01), "%s", done.result.line);
        const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
        const char *function = text_of(json_array_get(json_object_get(site, "frames"), 0), "function");
        cr_assert(eq(str, (char *)function, "take"));
        checked_free(&done);
    }
}

Test(verdicts, are_failed_by_an_error_in_a_longer_run_and_tell_the_leak_of_a_shorter_one)
{
    checked done = check(PLUGIN("verdicts"), "dry", NULL);
    expect(&done, 4, "failed", "heapgate_iterate(15000) returned");
    expect(&done, 4, "failed", "; before that: 1 call path grows");
    cr_assert(ieee_ulp_eq(dbl, number_of(checked_cell(&done, 0), "ops"), 10000, 0));
    checked_free(&done);
}

/* Every second process leaks. */
Test(verdicts, take_a_clean_run_over_a_shorter_one_whose_leak_it_would_have_seen)
{
    char *folder = folder_make();
    char *count = folder_write(folder, "count", "");
    setenv("HEAPGATE_TEST_COUNT", count, 1);
    expect_verdict("fickle", 0, "clean", "no growth");
    free(count);
    folder_remove(folder);
}

Test(verdicts, are_inconclusive_when_the_budget_ends_and_say_so)
{
    const char *const options[] = {"--budget", "500ms", NULL};
    checked done = check(PLUGIN("broken"), "hang", options);
    expect(&done, 3, "inconclusive", "the budget of 0.5 s was used up");
    cr_assert(ne(ptr, strstr(text_of(checked_cell(&done, 0), "reproduce"), "--budget 500ms"), NULL));
    checked_free(&done);
}

/* Its time limit, of one second, would be over long before. */
Test(verdicts, give_a_long_warm_up_the_time_of_the_budget_and_say_when_it_is_not_over)
{
    char *folder = folder_make();
    char *suite =
        folder_write(folder, "suite.yaml",
                     "subjects: {main: {}}\nallocators: [glibc]\nlimits: {timeout: 1s, budget: 3s}\n"
                     "workloads: {stuck: {plugin: " PLUGIN("broken") ", warmup_ops: 1000000}}\n");
    setenv("HEAPGATE_TEST_CASE", "hang", 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 3), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr,
                 strstr(result.out, "when the budget of 3 s was used up, in its warm-up; give it a larger "
                                    "--budget or less --warmup"),
                 NULL),
              "%s\n%s", result.line, result.out);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}

/* A block of 32 bytes is kept every op, and nothing else is counted. */
static void expect_samples(const checked *done, const char *chosen, size_t count)
{
    const json_t *samples = json_object_get(checked_cell(done, 0), "samples");
    cr_assert(eq(sz, json_array_size(samples), count), "%s\n%s", chosen, done->result.line);
    for (size_t i = 0; i < count; i++) {
        const json_t *sample = json_array_get(samples, i);
        double ops = number_of(sample, "ops");
        cr_expect(ieee_ulp_eq(dbl, number_of(sample, "live_blocks"), ops, 0), "%s, sample %zu", chosen, i);
        cr_expect(ieee_ulp_eq(dbl, number_of(sample, "live_bytes"), 32 * ops, 0), "%s, sample %zu", chosen,
                  i);
    }
}

Test(verdicts, leave_samples_of_the_subject_alone_wherever_the_process_ends)
{
    const char *const options[] = {"--ops", "10000", "--budget", "2s", NULL};
    const struct {
        const char *chosen, *verdict, *reason;
        int code;
        size_t samples;
    } cases[] = {
        {"dies_early", "failed", "crashed in op 1500: signal 9", 4, 1},
        {"dies", "failed", "crashed in op 4500: signal 9", 4, 4},
        {"stuck", "inconclusive", "in op 3500 when the budget of 2 s was used up", 3, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        checked done = check(PLUGIN("verdicts"), cases[i].chosen, options);
        expect(&done, cases[i].code, cases[i].verdict, cases[i].reason);
        expect_samples(&done, cases[i].chosen, cases[i].samples);
        checked_free(&done);
    }
}

Test(verdicts, take_the_budget_of_the_suite_and_that_of_the_command_line_before_it)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml",
                               "subjects: {main: {}}\nallocators: [glibc]\nlimits: {budget: 300ms}\n"
                               "workloads: {stuck: {plugin: " PLUGIN("broken") "}}\n");
    setenv("HEAPGATE_TEST_CASE", "hang", 1);
    const command short_one = {.words = {HEAPGATE, "run", "-c", suite}};
    command_result result = command_run(&short_one);
    cr_assert(eq(int, result.exit_code, 3), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.out, "the budget of 0.3 s"), NULL), "%s\n%s", result.line, result.out);
    command_result_free(&result);
    const command long_one = {.words = {HEAPGATE, "run", "-c", suite, "--budget", "0.7s"}};
    result = command_run(&long_one);
    cr_assert(ne(ptr, strstr(result.out, "the budget of 0.7 s"), NULL), "%s\n%s", result.line, result.out);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}

/* A cache that is full in op 15,000, in one look of 10,000 ops. */
Test(verdicts, of_a_quick_look_need_the_warm_up_that_is_asked_for)
{
    const char *const cold[] = {"--quick", NULL};
    checked done = check(PLUGIN("verdicts"), "fills", cold);
    const json_t *cell = checked_cell(&done, 0);
    expect(&done, 1, "leak", "1 call path grows every round");
    cr_assert(ieee_ulp_eq(dbl, number_of(cell, "ops"), 10000, 0));
    cr_assert(ne(ptr, strstr(text_of(cell, "reproduce"), " --quick"), NULL), "%s",
              text_of(cell, "reproduce"));
    checked_free(&done);
    const char *const warm[] = {"--quick", "--warmup", "40000", NULL};
    done = check(PLUGIN("verdicts"), "fills", warm);
    cell = checked_cell(&done, 0);
    expect(&done, 0, "clean", "no growth");
    cr_assert(ieee_ulp_eq(dbl, number_of(cell, "warmup_ops"), 40000, 0));
    cr_assert(ne(ptr, strstr(text_of(cell, "reproduce"), " --quick --warmup 40000"), NULL), "%s",
              text_of(cell, "reproduce"));
    checked_free(&done);
}

Test(verdicts, take_the_warm_up_of_the_suite_and_that_of_the_command_line_before_it)
{
    static const struct {
        const char *option, *value;
        int exit_code;
    } cases[] = {{NULL, NULL, 0}, {"--warmup", "1000", 1}};
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml",
                               "subjects: {main: {}}\nallocators: [glibc]\n"
                               "workloads: {fills: {plugin: " PLUGIN("verdicts") ", warmup_ops: 40000}}\n");
    setenv("HEAPGATE_TEST_CASE", "fills", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const command given = {
            .words = {HEAPGATE, "run", "-c", suite, "--quick", cases[i].option, cases[i].value}};
        command_result result = command_run(&given);
        cr_assert(eq(int, result.exit_code, cases[i].exit_code), "%s\n%s", result.line, result.out);
        command_result_free(&result);
    }
    free(suite);
    folder_remove(folder);
}

Test(verdicts, refuse_a_budget_that_is_none)
{
    const char *const bad[] = {"0s", "-1s", "10", "ten", "", "10x", "1e999s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const command given = {.words = {HEAPGATE, "check", PLUGIN("broken"), "--budget", bad[i]}};
        command_result result = command_run(&given);
        cr_assert(eq(int, result.exit_code, 2), "%s", result.line);
        cr_assert(ne(ptr, strstr(result.err, "--budget"), NULL), "%s\n%s", result.line, result.err);
        command_result_free(&result);
    }
}

static void run_with_allowance(const char *bytes, int code, const char *says)
{
    char text[512];
    char *folder = folder_make();
    snprintf(text, sizeof text,
             "subjects: {main: {}}\nallocators: [glibc]\n"
             "workloads: {two: {plugin: " PLUGIN("verdicts") ", max_bytes_per_op: %s}}\n",
             bytes);
    char *suite = folder_write(folder, "suite.yaml", text);
    setenv("HEAPGATE_TEST_CASE", "two_sites", 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, "--verbose"}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, code), "%s B: %s\n%s", bytes, result.line, result.out);
    cr_assert(ne(ptr, strstr(result.out, says), NULL), "%s B: %s\n%s", bytes, result.line, result.out);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}

Test(verdicts, hold_all_growth_of_a_workload_against_its_allowance)
{
    run_with_allowance("0", 1, "2 call paths grow");
    run_with_allowance("35", 1, "2 call paths grow");
    run_with_allowance("36", 0, "1 of 1 cell as expected");
}

Test(verdicts, can_be_had_again_exactly_by_the_command_they_name)
{
    checked first = check(PLUGIN("verdicts"), "rare", NULL);
    const char *again = text_of(checked_cell(&first, 0), "reproduce");
    char *folder = folder_make();
    char *line;
    cr_assert(lt(int, 0, asprintf(&line, "%s/%s --quiet --out %s", HG_BUILD_DIR, again, folder)));
    const command shell = {.words = {"sh", "-c", line}};
    command_result result = command_run(&shell);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s", line, result.err);
    free(line);
    cr_assert(lt(int, 0, asprintf(&line, "%s/run.json", folder)));
    json_t *run = json_load_file(line, 0, NULL);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    const char *const same[] = {"ops", "bytes_per_op", "bytes_per_op_error", "min_detectable_bytes_per_op"};
    for (size_t i = 0; i < 4; i++)
        cr_assert(ieee_ulp_eq(dbl, number_of(cell, same[i]), number_of(checked_cell(&first, 0), same[i]), 0),
                  "%s", same[i]);
    json_decref(run);
    free(line);
    command_result_free(&result);
    folder_remove(folder);
    checked_free(&first);
}

/* All but tcmalloc, and mimalloc 3, which does not tell what it handed out, with a suite that expects what it
 * says; the exit code. */
static int run_fragments(const char *chosen, const char *expected, char **ret_out)
{
    char text[512];
    bool mimalloc_tells = access("/usr/lib/x86_64-linux-gnu/libmimalloc.so.2", R_OK) == 0;
    char *folder = folder_make();
    snprintf(text, sizeof text,
             "subjects: {main: {expect: %s}}\nallocators: [glibc, jemalloc%s]\n"
             "workloads: {records: {plugin: %s}}\n",
             expected, mimalloc_tells ? ", mimalloc" : "", PLUGIN("fragments"));
    char *suite = folder_write(folder, "suite.yaml", text);
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, NULL}};
    command_result result = command_run(&given);
    unsetenv("HEAPGATE_TEST_CASE");
    int exit_code = result.exit_code;
    *ret_out = strdup(result.out);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
    return exit_code;
}

Test(verdicts, tell_fragmentation_from_records_that_pin_the_room_between_them)
{
    char *out;
    cr_expect(eq(int, run_fragments("pinned", "clean", &out), 0), "%s", out);
    cr_expect(ne(ptr, strstr(out, "\nFragmentation\n"), NULL), "%s", out);
    cr_expect(ne(ptr, strstr(out, "; main fragments"), NULL), "%s", out);
    free(out);
    cr_expect(eq(int, run_fragments("pinned", "fragmentation", &out), 0), "%s", out);
    free(out);
    cr_expect(eq(int, run_fragments("pinned", "leak", &out), 1), "fragmentation is no leak: %s", out);
    free(out);
}

/* It takes memory by the MiB. */
Test(verdicts, tell_fragmentation_on_tcmalloc_over_longer_runs)
{
    const char *const options[] = {"--ops", "8000", "--allocator", "tcmalloc", NULL};
    checked done = check(PLUGIN("fragments"), "many_pinned", options);
    expect(&done, 0, "fragmentation", "what the allocator holds for it grows by 1");
    checked_free(&done);
}

Test(verdicts, say_where_the_allocator_cannot_tell_fragmentation)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml",
                               "subjects: {main: {expect: fragmentation}}\nallocators: [mimalloc]\n"
                               "workloads: {busy: {plugin: " PLUGIN("threads") "}}\n");
    setenv("HEAPGATE_TEST_CASE", "short_threads", 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, NULL}};
    command_result result = command_run(&given);
    unsetenv("HEAPGATE_TEST_CASE");
    cr_expect(eq(int, result.exit_code, 1), "%s\n%s", result.line, result.out);
    cr_expect(ne(ptr, strstr(result.out, "; fragmentation cannot be told: mimalloc"), NULL), "%s\n%s",
              result.line, result.out);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}

Test(verdicts, tell_no_fragmentation_where_records_fit_in_the_room_of_others)
{
    char *out;
    cr_expect(eq(int, run_fragments("packed", "clean", &out), 0), "%s", out);
    cr_expect(eq(ptr, strstr(out, "ragment"), NULL), "%s", out);
    free(out);
    cr_expect(eq(int, run_fragments("packed", "fragmentation", &out), 1), "%s", out);
    cr_expect(ne(ptr, strstr(out, "clean, expected fragmentation"), NULL), "%s", out);
    free(out);
}
