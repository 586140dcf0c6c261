/*
 * Goal: a workload that goes wrong fails its own cell with a reason and its last words, and nothing else: the
 * other cells finish, and the exit code says what happened.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void expect_failure(const char *chosen, const char *reason, const char *log)
{
    checked done = check(PLUGIN("broken"), chosen, NULL);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(int, done.result.exit_code, 4), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "failed"), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), reason), NULL), "'%s': %s", text_of(cell, "reason"),
              done.result.line);
    cr_assert(ne(ptr, strstr(text_of(cell, "log"), log), NULL), "'%s': %s", text_of(cell, "log"),
              done.result.line);
    cr_assert(ne(ptr, strstr(done.result.out, reason), NULL), "%s\n%s", done.result.line, done.result.out);
    cr_assert(ne(ptr, strstr(done.result.out, log), NULL), "%s\n%s", done.result.line, done.result.out);
    checked_free(&done);
}

/* Op 3,000 is in the first measured round after 2,000 ops of warm-up, or in the one after it. */
Test(command_line_failures, keeps_the_checkpoints_before_a_crash)
{
    static const char *const ops[] = {"--ops", "10000", NULL};
    checked done = check(PLUGIN("broken"), "crash", ops);
    const json_t *cell = checked_cell(&done, 0);
    const json_t *samples = json_object_get(cell, "samples");
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "failed"), "%s", done.result.line);
    size_t last = json_array_size(samples) - 1;
    cr_assert(le(sz, last, 2), "%s", done.result.line);
    cr_assert(ge(dbl, number_of(json_array_get(samples, last), "ops"), 2000), "%s", done.result.line);
    cr_assert(le(dbl, number_of(json_array_get(samples, last), "ops"), 3000), "%s", done.result.line);
    checked_free(&done);
}

Test(command_line_failures, tells_a_crash_with_op_signal_and_last_words)
{
    expect_failure("crash", "crashed in op 3000: signal 11", "about to crash");
    expect_failure("stranger", "crashed in op 3000, inside heapgate's probe at 0x", "");
    expect_failure("stranger", "; please report it if the workload does not crash without heapgate", "");
    expect_failure("abort", "crashed in op 3000: signal 6", "");
    expect_failure("crash_in_quiesce", "crashed in heapgate_quiesce after op ", "");
    expect_failure("crash_in_teardown", "crashed in heapgate_teardown", "");
}

static void expect_within_budget(const char *chosen, const char *budget, int code, const char *reason)
{
    const char *const options[] = {"--budget", budget, NULL};
    checked done = check(PLUGIN("broken"), chosen, options);
    const char *told = text_of(checked_cell(&done, 0), "reason");
    cr_assert(eq(int, done.result.exit_code, code), "%s\n%s", done.result.line, done.result.out);
    cr_assert(ne(ptr, strstr(told, reason), NULL), "'%s': %s", told, done.result.line);
    checked_free(&done);
}

/* A budget that is used up excuses neither. */
Test(command_line_failures, fails_a_workload_that_does_not_end_though_the_budget_does)
{
    expect_within_budget("hang_in_teardown", "2s", 4,
                         "stopped in heapgate_teardown when the budget of 2 s was used up: heapgate_teardown "
                         "did not end; give it a larger --budget or find out what it waits for; before that: "
                         "no growth");
}

Test(command_line_failures, fails_a_workload_whose_quiesce_does_not_end)
{
    expect_within_budget("hang_in_quiesce", "12s", 4, "hung in heapgate_quiesce after op ");
}

Test(command_line_failures, says_that_setting_up_did_not_end_within_the_budget)
{
    expect_within_budget("hang_in_setup", "1s", 3,
                         "stopped in heapgate_setup when the budget of 1 s was used up: heapgate_setup did "
                         "not end; give it a larger --budget or find out what it waits for");
}

Test(command_line_failures, lets_a_workload_tear_down_when_the_budget_is_used_up)
{
    expect_within_budget("slow_teardown", "3s", 0, "no growth");
}

Test(command_line_failures, tells_a_workload_that_ends_its_process)
{
    expect_failure("exit", "ended the process in op 3000", "");
    expect_failure("exit_with_code", "exit code 7", "");
}

Test(command_line_failures, tells_what_a_workload_returned)
{
    expect_failure("fails", "heapgate_iterate(3000) returned 42", "");
    expect_failure("setup_fails", "heapgate_setup returned 5", "");
}

Test(command_line_failures, is_clean_where_nothing_was_allocated_and_says_so)
{
    checked done = check(PLUGIN("broken"), "nothing", NULL);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(int, done.result.exit_code, 0), "%s\n%s", done.result.line, done.result.out);
    cr_assert(
        eq(str, (char *)text_of(cell, "reason"), "no growth; nothing was allocated in the measured rounds"),
        "%s", done.result.line);
    checked_free(&done);
}

Test(command_line_failures, survives_a_workload_that_writes_over_the_record)
{
    size_t noticed = 0;
    for (int seed = 1; seed <= 12; seed++) {
        char text[16];
        snprintf(text, sizeof text, "%d", seed);
        const char *const options[] = {"--seed", text, "--quiet", NULL};
        checked done = check(PLUGIN("broken"), "scribble", options);
        cr_assert(le(int, done.result.exit_code, 5), "%s", done.result.line);
        noticed += done.result.exit_code == 4;
        checked_free(&done);
    }
    cr_assert(lt(sz, 6, noticed));
}

/* One workload after the other that fails, hangs, or grows without bound, around one that is fine. */
static const char mixed_suite[] =
    "suite: mixed\n"
    "subjects: {main: {}}\n"
    "allocators: [glibc]\n"
    "limits: {timeout: 2s, memory: 200MiB}\n"
    "workloads:\n"
    "  first: {plugin: " PLUGIN("broken") "}\n"
                                          "  fine: {plugin: " PLUGIN("entry_points") "}\n";

static void run_mixed(const char *chosen, const char *reason)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", mixed_suite);
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    const command given = {.words = {HEAPGATE, "run", "-c", suite, "-j", "2", "--out", folder}};
    command_result result = command_run(&given);
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cells = json_object_get(run, "cells");
    cr_assert(eq(sz, json_array_size(cells), 2), "%s\n%s", result.line, result.err);
    const json_t *bad = json_array_get(cells, 0);
    const json_t *other = json_array_get(cells, 1);
    cr_assert(eq(int, result.exit_code, 4), "%s", result.line);
    cr_assert(ne(ptr, strstr(text_of(bad, "reason"), reason), NULL), "'%s': %s", text_of(bad, "reason"),
              result.line);
    cr_assert(eq(str, (char *)text_of(other, "reason"), "heapgate_iterate(0) returned -1"), "%s",
              result.line);
    json_decref(run);
    command_result_free(&result);
    free(suite);
    folder_remove(folder);
}

Test(command_line_failures, stops_a_workload_at_its_limits_and_finishes_the_others)
{
    run_mixed("hang", "stopped in op 0 at its time limit of 2 s");
    run_mixed("glutton", "at its memory limit of 200 MiB");
    run_mixed("crash", "signal 11");
}

Test(command_line_failures, says_that_a_workload_wrote_over_its_record)
{
    run_mixed("scribble", "the workload wrote over the harness's record of it");
    run_mixed("scribble_text", "the workload wrote over the harness's record of it");
}

static void expect_code(const char *chosen, int code, const char *verdict)
{
    checked done = check(PLUGIN("broken"), chosen, NULL);
    cr_assert(eq(int, done.result.exit_code, code), "%s\n%s", done.result.line, done.result.out);
    cr_assert(eq(int, (int)number_of(done.run, "exit_code"), code), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 0), "verdict"), (char *)verdict), "%s",
              done.result.line);
    checked_free(&done);
}

Test(command_line_failures, gives_each_outcome_its_exit_code)
{
    expect_code("clean", 0, "clean");
    expect_code("leak", 1, "leak");
    expect_code("unclear", 3, "inconclusive");
    expect_code("crash", 4, "failed");
}

Test(command_line_failures, calls_itself_blind_when_no_control_can_be_made)
{
    expect_code("starved", 5, "failed");
}

Test(command_line_failures, gates_open_files_like_memory)
{
    checked done = check(PLUGIN("broken"), "files", NULL);
    cr_assert(eq(int, done.result.exit_code, 1), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(text_of(checked_cell(&done, 0), "reason"), "open files grow by"), NULL), "%s",
              done.result.line);
    checked_free(&done);
}

Test(command_line_failures, what_a_workload_makes_of_its_record_and_its_names_crashes_nothing)
{
    char *folder = folder_make();
    char pipe[4096];
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    cr_assert(eq(int, mkfifo(pipe, 0600), 0));
    setenv("HEAPGATE_TEST_PIPE", pipe, 1);
    expect_code("red_black_tree", 1, "leak");
    expect_code("names_a_pipe", 1, "leak");
    expect_code("cuts_its_record", 1, "leak");
    folder_remove(folder);
}

/* What the process does comes before the copy of the record, or after it. */
Test(command_line_failures, who_outlives_a_workload_and_writes_over_its_record_crashes_nothing)
{
    for (int i = 0; i < 5; i++) {
        checked done = check(PLUGIN("broken"), "writes_later", NULL);
        cr_assert(done.result.exit_code == 1 || done.result.exit_code == 4, "%d: %s\n%s",
                  done.result.exit_code, done.result.line, done.result.err);
        checked_free(&done);
    }
}
