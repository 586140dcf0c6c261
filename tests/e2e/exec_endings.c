/*
 * Goal: however the program ends, the report is made, of everything up to the last checkpoint, and says how
 * it ended.
 *
 * Programs write their process id to a file when they are under way; the moments at which they are killed are
 * drawn from a fixed seed, so that a failure can be repeated.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* heapgate exec that runs beside the test. */
typedef struct started {
    char *folder;
    pid_t heapgate, program;
} started;

static void wait_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static pid_t wait_for_program(const char *path)
{
    int process = 0;
    for (int tries = 0; tries < 3000 && process == 0; tries++) {
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%d", &process) != 1)
            process = 0;
        if (file)
            fclose(file);
        wait_ms(10);
    }
    cr_assert(lt(int, 0, process), "%s was never written", path);
    return process;
}

/* Starts `ends KIND` with an option or two. */
static started start(const char *kind, const char *option, const char *value)
{
    char where[4096];
    started made = {.folder = folder_make()};
    snprintf(where, sizeof where, "%s/pid", made.folder);
    const command given = {.words = {HEAPGATE, "exec", "-q", "--out", made.folder, option, value, "--",
                                     PROGRAM("ends"), kind, where, NULL}};
    made.heapgate = command_start(&given);
    made.program = wait_for_program(where);
    return made;
}

/* Waits for the end; the only cell of the run, the caller's. */
static json_t *finish(started *made, int exit_code)
{
    char path[4096];
    int code = command_wait(made->heapgate);
    snprintf(path, sizeof path, "%s/run.json", made->folder);
    json_t *run = json_load_file(path, 0, NULL);
    json_t *cell = json_incref(json_array_get(json_object_get(run, "cells"), 0));
    cr_assert(ne(ptr, cell, NULL), "no run.json; heapgate exited with %d", code);
    cr_assert(eq(int, code, exit_code), "%s", text_of(cell, "reason"));
    json_decref(run);
    folder_remove(made->folder);
    return cell;
}

static void expect_reason(const json_t *cell, const char *part)
{
    cr_assert(ne(ptr, strstr(text_of(cell, "reason"), part), NULL), "%s, without '%s'",
              text_of(cell, "reason"), part);
}

static void run_to_its_end(const char *kind, const char *verdict, int exit_code, const char *reason)
{
    char *folder = folder_make();
    char where[4096];
    snprintf(where, sizeof where, "%s/pid", folder);
    checked done = exec_run(OPTIONS("--round-every", "10ms"), OPTIONS(PROGRAM("ends"), kind, where));
    exec_expect(&done, verdict, exit_code);
    expect_reason(exec_cell(&done), reason);
    checked_free(&done);
    folder_remove(folder);
}

Test(exec_endings, an_abort_and_a_crash_fail_with_the_signal_and_what_was_seen_until_then)
{
    run_to_its_end("abort", "failed", 4, "the program was ended by signal 6 (Aborted) after ");
    run_to_its_end("segv", "failed", 4, "the program was ended by signal 11 (Segmentation fault) after ");
}

/* It takes away what the probe counts in; a crash of its own it is told as that. */
Test(exec_endings, a_crash_inside_the_probe_is_not_the_programs)
{
    run_to_its_end("probe", "failed", 4, "crashed inside heapgate's probe, in use_row (at ");
    run_to_its_end("probe", "failed", 4, "the program was ended by signal 11 (Segmentation fault) after ");
    run_to_its_end("asks", "clean", 0, "; the program exited with status 0");
}

Test(exec_endings, a_program_that_ends_by_itself_is_judged)
{
    run_to_its_end("plain", "clean", 0, "; the program exited with status 0");
}

/* As a compiler does. */
Test(exec_endings, a_program_that_builds_something_until_it_ends_by_itself_is_no_leak)
{
    char *folder = folder_make();
    char where[4096];
    snprintf(where, sizeof where, "%s/pid", folder);
    checked done = exec_run(NULL, OPTIONS(PROGRAM("ends"), "builds", where));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(exec_cell(&done), "the heap grows every round, spread over call paths");
    expect_reason(exec_cell(&done), " a program that builds something until its end grows alike");
    checked_free(&done);
    folder_remove(folder);
}

Test(exec_endings, a_program_that_crashes_at_once_gets_no_advice)
{
    checked done = exec_run(OPTIONS("--round-every", "10s"), OPTIONS("/bin/sh", "-c", "kill -SEGV $$"));
    exec_expect(&done, "failed", 4);
    expect_reason(exec_cell(&done), " after 0 rounds; until then: too little was seen for a verdict; ");
    checked_free(&done);
}

/* However short its rounds are: the sum alone tells nothing of a heap that is collected. */
Test(exec_endings, a_collected_heap_that_grows_as_a_whole_is_no_leak)
{
    char *folder = folder_make();
    char where[4096];
    snprintf(where, sizeof where, "%s/pid", folder);
    checked done = exec_run(OPTIONS("--round-every", "10ms"), OPTIONS(PROGRAM("node"), "builds", where));
    exec_expect(&done, "inconclusive", 3);
    expect_reason(exec_cell(&done), "the heap grows every round, spread over call paths");
    expect_reason(exec_cell(&done),
                  "; the JavaScript heap of V8 grows alike until it is as large as the program needs");
    checked_free(&done);
    folder_remove(folder);
}

Test(exec_endings, another_exit_status_than_the_expected_one_fails)
{
    const char *const words[] = {PROGRAM("serves"), "clean", "40", "0", "3", NULL};
    checked other = exec_run(OPTIONS("--marks"), words);
    exec_expect(&other, "failed", 4);
    expect_reason(exec_cell(&other), "the program exited with status 3 after ");
    expect_reason(exec_cell(&other), "; until then: no growth");
    checked_free(&other);
    checked expected = exec_run(OPTIONS("--marks", "--exit-status", "3"), words);
    exec_expect(&expected, "clean", 0);
    checked_free(&expected);
}

Test(exec_endings, killed_at_any_moment_the_report_has_every_round_until_then)
{
    enum { TIMES = 8 };
    uint64_t random = 20261123;
    size_t sampled = 0;
    for (int i = 0; i < TIMES; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        started made = start("runs", "--round-every", "10ms");
        wait_ms((long)(random >> 33) % 400);
        kill(made.program, SIGKILL);
        json_t *cell = finish(&made, 4);
        int rounds = -1;
        cr_assert(eq(int,
                     sscanf(text_of(cell, "reason"),
                            "the program was ended by signal 9 (Killed) after %d rounds", &rounds),
                     1),
                  "%s", text_of(cell, "reason"));
        size_t samples = json_array_size(json_object_get(cell, "samples"));
        /* Of a program that had too few rounds, what was alive at its end is one sample more. */
        cr_assert(samples == 0 || (int)samples == rounds || (int)samples == rounds + 1,
                  "%zu samples of %d rounds", samples, rounds);
        sampled += samples;
        json_decref(cell);
    }
    cr_assert(lt(sz, 0, sampled), "no run lasted long enough to be judged");
}

/* run.json as it is now; NULL where there is none yet. Half a file is a mistake. */
static json_t *run_so_far(const char *folder)
{
    char path[4096];
    json_error_t error;
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, &error);
    cr_assert(run || access(path, F_OK) != 0, "%s cannot be read: %s", path, error.text);
    return run;
}

/* The run once it has a cell with measured rounds, the caller's. */
static json_t *wait_for_rounds(const char *folder)
{
    for (int tries = 0; tries < 3000; tries++) {
        json_t *run = run_so_far(folder);
        const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
        if (cell && number_of(cell, "rounds") > 0)
            return run;
        json_decref(run);
        wait_ms(10);
    }
    cr_fatal("no rounds in %s/run.json", folder);
    return NULL;
}

Test(exec_endings, killed_heapgate_leaves_a_readable_report_of_the_rounds_until_then)
{
    started made = start("runs", "--round-every", "10ms");
    json_decref(wait_for_rounds(made.folder));
    kill(made.heapgate, SIGKILL);
    cr_assert(eq(int, command_wait(made.heapgate), 128 + SIGKILL));
    json_t *run = wait_for_rounds(made.folder);
    const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
    expect_reason(cell, "; the program was still running");
    cr_assert(ne(ptr, strstr(text_of(run, "unfinished"), "heapgate was stopped"), NULL));
    json_decref(run);
    const command report = {.words = {HEAPGATE, "report", made.folder, NULL}};
    command_result shown = command_run(&report);
    cr_assert(eq(int, shown.exit_code, 0), "%s: %s", shown.line, shown.err);
    cr_assert(ne(ptr, strstr(shown.out, "heapgate was stopped"), NULL), "%s", shown.out);
    command_result_free(&shown);
    kill(made.program, SIGKILL);
    folder_remove(made.folder);
}

Test(exec_endings, a_report_of_an_earlier_run_is_not_taken_for_that_of_a_program_that_runs)
{
    char *folder = folder_make();
    free(folder_write(folder, "report.html", "the run before"));
    free(folder_write(folder, "run.json", "{}"));
    const command given = {.words = {HEAPGATE, "exec", "-q", "--out", folder, "--", "sleep", "60", NULL}};
    pid_t heapgate = command_start(&given);
    json_t *unfinished = NULL;
    for (int tries = 0; tries < 3000 && !unfinished; tries++) {
        json_t *run = run_so_far(folder);
        unfinished = json_incref(json_object_get(run, "unfinished"));
        json_decref(run);
        wait_ms(10);
    }
    cr_assert(ne(ptr, unfinished, NULL));
    cr_assert(eq(sz, folder_count(folder), 1));
    json_decref(unfinished);
    kill(heapgate, SIGTERM);
    command_wait(heapgate);
    folder_remove(folder);
}

Test(exec_endings, ctrl_c_is_passed_on_once_and_the_report_is_made_when_the_program_has_ended)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        started made = start("polite", "--round-every", "10ms");
        wait_ms(500);
        kill(made.heapgate, signals[i]);
        json_t *cell = finish(&made, 0);
        expect_reason(cell, "; the program exited with status 7, told to end");
        json_decref(cell);
    }
}

Test(exec_endings, a_program_that_the_signal_ends_was_told_to)
{
    started made = start("runs", "--round-every", "10ms");
    wait_ms(500);
    kill(made.heapgate, SIGINT);
    json_t *cell = finish(&made, 0);
    expect_reason(cell, "; the program was ended by signal 2 (Interrupt), passed on to it");
    json_decref(cell);
}

Test(exec_endings, a_signal_to_the_process_group_reaches_the_program_once)
{
    cr_assert(getpgrp() == getpid() || setpgid(0, 0) == 0);
    started made = start("counts", "--round-every", "10ms");
    wait_ms(300);
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    json_t *cell = finish(&made, 0);
    expect_reason(cell, "; the program exited with status 1, told to end");
    json_decref(cell);
}

Test(exec_endings, ctrl_backslash_is_passed_on_as_ctrl_c_is_and_a_user_s_signal_is_the_program_s)
{
    static const int signals[] = {SIGQUIT, SIGUSR1, SIGUSR2};
    static const char *const reasons[] = {
        "ended by signal 3 (Quit), passed on to it",
        "ended by signal 10 (User defined signal 1) after ",
        "ended by signal 12 (User defined signal 2) after ",
    };
    for (size_t i = 0; i < 3; i++) {
        started made = start("runs", "--round-every", "10ms");
        wait_ms(500);
        kill(made.heapgate, signals[i]);
        json_t *cell = finish(&made, i == 0 ? 0 : 4);
        expect_reason(cell, reasons[i]);
        json_decref(cell);
    }
    started made = start("polite", "--round-every", "10ms");
    wait_ms(500);
    kill(made.heapgate, SIGUSR1);
    json_t *cell = finish(&made, 4);
    expect_reason(cell, "the program exited with status 7 after ");
    json_decref(cell);
}

Test(exec_endings, a_second_ctrl_c_kills_a_program_that_does_not_listen)
{
    started made = start("deaf", "--round-every", "10ms");
    wait_ms(500);
    kill(made.heapgate, SIGINT);
    wait_ms(100);
    cr_assert(eq(int, kill(made.program, 0), 0), "the first signal ended it");
    kill(made.heapgate, SIGINT);
    json_t *cell = finish(&made, 0);
    expect_reason(cell, "; the program was ended by signal 9 (Killed)");
    json_decref(cell);
}

Test(exec_endings, a_hang_up_is_passed_on_but_not_under_nohup)
{
    signal(SIGHUP, SIG_IGN); /* as nohup starts it */
    started made = start("polite", "--round-every", "10ms");
    kill(made.heapgate, SIGHUP);
    wait_ms(300);
    cr_assert(eq(int, kill(made.program, 0), 0), "the program was ended");
    kill(made.heapgate, SIGTERM);
    json_t *cell = finish(&made, 0);
    cr_assert(ge(dbl, number_of(cell, "rounds"), 4), "the rounds ended with the signal");
    json_decref(cell);
    signal(SIGHUP, SIG_DFL);
    made = start("runs", "--round-every", "10ms");
    wait_ms(500);
    kill(made.heapgate, SIGHUP);
    cell = finish(&made, 0);
    expect_reason(cell, "ended by signal 1 (Hangup), passed on to it");
    json_decref(cell);
}

Test(exec_endings, a_signal_to_heapgate_ends_a_round_and_does_not_reach_the_program)
{
    started made = start("polite", "--round-signal", "USR2");
    wait_ms(100);
    for (int i = 0; i < 20; i++) {
        kill(made.heapgate, SIGUSR2);
        wait_ms(20);
    }
    kill(made.heapgate, SIGTERM);
    json_t *cell = finish(&made, 0);
    cr_assert(ge(dbl, number_of(cell, "rounds"), 4));
    cr_assert(eq(str, (char *)text_of(cell, "unit"), "signal"));
    json_decref(cell);
}

Test(exec_endings, a_program_is_told_to_end_after_its_last_round)
{
    char *folder = folder_make();
    char where[4096];
    snprintf(where, sizeof where, "%s/pid", folder);
    checked done = exec_run(OPTIONS("--round-every", "20ms", "--rounds-max", "12"),
                            OPTIONS(PROGRAM("ends"), "polite", where));
    exec_expect(&done, "clean", 0);
    cr_assert(eq(str, done.result.out, "told to end by signal 15\n"));
    expect_reason(exec_cell(&done), "the program exited with status 7, told to end");
    checked_free(&done);
    folder_remove(folder);
}

Test(exec_endings, a_program_that_replaces_itself_is_counted_from_then_on)
{
    run_to_its_end("replaced", "clean", 0, "; the program exited with status 0");
}

/* Another program has a control of its own, even if it ends before its first checkpoint. */
Test(exec_endings, a_program_that_becomes_a_short_one_at_its_end_does_not_lose_its_control)
{
    checked done =
        exec_run(OPTIONS("--round-every", "10ms"), OPTIONS(PROGRAM("ends"), "hands_over", "/dev/null"));
    const char *verdict = text_of(exec_cell(&done), "verdict");
    cr_assert(ne(str, (char *)verdict, "failed"), "%s", text_of(exec_cell(&done), "reason"));
    checked_free(&done);
}

Test(exec_endings, a_program_that_writes_over_its_record_fails_and_does_no_other_harm)
{
    run_to_its_end("wild", "failed", 4, "the program wrote over the harness's record of it");
}

Test(exec_endings, a_program_in_which_the_probe_cannot_attach_fails_with_the_reason)
{
    static const char limited[] = "ulimit -v 60000; exec " PROGRAM("leaves") " bursts";
    checked done = exec_run(OPTIONS("--round-every", "20ms"), OPTIONS("sh", "-c", limited));
    exec_expect(&done, "failed", 4);
    expect_reason(exec_cell(&done),
                  "the probe could not attach: the process may not use enough address space");
    expect_reason(exec_cell(&done), "100 MiB more (ulimit -v)");
    checked_free(&done);
}

Test(exec_endings, a_program_that_never_loads_the_probe_fails_and_is_told_so)
{
    checked incomplete = exec_run(OPTIONS("--round-every", "10ms"), OPTIONS(PROGRAM("incomplete")));
    exec_expect(&incomplete, "failed", 4);
    expect_reason(exec_cell(&incomplete), "the probe never began to count");
    expect_reason(exec_cell(&incomplete), "status 127");
    checked_free(&incomplete);
    checked without =
        exec_run(OPTIONS("--round-every", "20ms"), OPTIONS("env", "-i", PROGRAM("static"), "400", "1000"));
    exec_expect(&without, "failed", 4);
    expect_reason(exec_cell(&without), "/tests/programs/static, in which the probe was never loaded");
    expect_reason(exec_cell(&without), "/tests/programs/static is statically linked");
    checked_free(&without);
}

Test(exec_endings, a_program_that_only_waits_measured_nothing)
{
    checked done = exec_run(OPTIONS("--round-every", "20ms"), OPTIONS("/usr/bin/sleep", "0.5"));
    exec_expect(&done, "failed", 4);
    expect_reason(exec_cell(&done), "measured nothing");
    checked_free(&done);
}
