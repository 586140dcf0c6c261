/*
 * Goal: what a real program recorded is judged rightly when it is replayed, whichever build it was recorded
 * with. A program whose traffic brings new schemas and handlers leaks on `before` and not on `after`, also if
 * it never unregisters anything; one that only uses what it had at its start does not leak on either.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void record(const char *build, const char *log, const char *behaviour, const char *requests)
{
    char program[4096];
    snprintf(program, sizeof program, HG_BUILD_DIR "/tests/records_%s", build);
    const command given = {.words = {program, log, behaviour, requests, NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s: %s", result.line, result.err);
    command_result_free(&result);
}

/* Replays a log in the built-in suite: before and after, on glibc and jemalloc. */
static json_t *replay(const char *folder, const char *log, command_result *ret_result)
{
    char out[4096], path[4200];
    snprintf(out, sizeof out, "%s/out", folder);
    const command given = {.words = {HEAPGATE, "run", "--holders", "never", "--workload", "replay",
                                     "--corpus", log, "--out", out, NULL}};
    *ret_result = command_run(&given);
    snprintf(path, sizeof path, "%s/run.json", out);
    json_t *run = json_load_file(path, 0, NULL);
    cr_assert(run != NULL, "%s: %s", ret_result->line, ret_result->err);
    cr_assert(eq(sz, json_array_size(json_object_get(run, "cells")), 4), "%s", ret_result->line);
    return run;
}

static void expect_verdicts(const char *recorder, const char *behaviour, const char *verdict_before)
{
    char *folder = folder_make();
    char log[4096];
    command_result result;
    snprintf(log, sizeof log, "%s/%s.jsonl", folder, behaviour);
    record(recorder, log, behaviour, "300");
    json_t *run = replay(folder, log, &result);
    for (size_t i = 0; i < 4; i++) {
        const json_t *cell = json_array_get(json_object_get(run, "cells"), i);
        bool leaky = strcmp(text_of(cell, "subject"), "before") == 0;
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), (char *)(leaky ? verdict_before : "clean")),
                  "%s on %s, recorded with %s: %s", text_of(cell, "subject"), text_of(cell, "allocator"),
                  recorder, result.line);
        if (!leaky)
            cr_assert(eq(dbl, number_of(cell, "bytes_per_op"), 0.0), "%s", result.line);
    }
    json_decref(run);
    command_result_free(&result);
    folder_remove(folder);
}

Test(replays, tidy_program_leaks_on_the_leaky_build_only)
{
    expect_verdicts("before", "tidy", "leak");
    expect_verdicts("after", "tidy", "leak");
}

Test(replays, program_that_never_unregisters_leaks_on_the_leaky_build_only)
{
    expect_verdicts("after", "forgetful", "leak");
}

Test(replays, program_that_only_uses_what_it_started_with_leaks_on_neither)
{
    expect_verdicts("after", "startup", "clean");
}

Test(replays, log_longer_than_the_run_is_judged_by_what_was_played)
{
    char *folder = folder_make();
    char log[4096];
    command_result result;
    snprintf(log, sizeof log, "%s/long.jsonl", folder);
    record("after", log, "tidy", "12000");
    json_t *run = replay(folder, log, &result);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    json_decref(run);
    command_result_free(&result);
    folder_remove(folder);
}

/* The cells fail, exit code 4, and the place is in what is printed. */
static void expect_failure(const char *text, const char *complaint)
{
    char *folder = folder_make();
    char *log = folder_write(folder, "log.jsonl", text);
    char expected[4400];
    command_result result;
    json_t *run = replay(folder, log, &result);
    snprintf(expected, sizeof expected, "replay: %s:%s", log, complaint);
    cr_assert(eq(int, result.exit_code, 4), "%s\n%s", result.line, result.out);
    cr_assert(strstr(result.out, expected) != NULL, "%s: %s\n%s", result.line, expected, result.out);
    json_decref(run);
    command_result_free(&result);
    free(log);
    folder_remove(folder);
}

Test(replays, mistake_in_the_start_or_in_the_traffic_is_told_with_its_line)
{
    expect_failure("{\"toka-log\":1}\n{\"op\":\"clears\"}\n{\"op\":\"traffic\"}\n{\"op\":\"clear\"}\n",
                   "2: unknown op \"clears\"");
    expect_failure("{\"toka-log\":1}\n{\"op\":\"clear\"}\n{\"op\":\"clear\"}\n{\"op\":\"traffic\"}\n"
                   "{\"op\":\"register\",\"tag\":\"a\"}\n{\"op\":\"register\"}\n",
                   "6: \"tag\" is missing");
}

Test(replays, log_without_traffic_is_refused)
{
    expect_failure("{\"toka-log\":1}\n{\"op\":\"clear\"}\n{\"op\":\"traffic\"}\n",
                   "3: there is no op after the line \"traffic\"");
}

Test(replays, replay_is_listed_and_runs_only_when_named)
{
    const command list = {.words = {HEAPGATE, "list", NULL}};
    command_result result = command_run(&list);
    cr_assert(strstr(result.out, "workloads/replay.so, only with --workload") != NULL, "%s\n%s", result.line,
              result.out);
    command_result_free(&result);
    const command run = {.words = {HEAPGATE, "run", "--workload", "replay", "--subject", "after", NULL}};
    result = command_run(&run);
    cr_assert(eq(int, result.exit_code, 4), "%s", result.line);
    cr_assert(strstr(result.out, "replay: no log given: add --corpus LOG, a log that libtoka recorded") !=
                  NULL,
              "%s\n%s", result.line, result.out);
    command_result_free(&result);
}
