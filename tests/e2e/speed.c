/*
 * Goal: how fast a library is stands in the run where it was measured, never where it could not be; and a
 * build that is slower than allowed fails. The slower build does five times the work, so that no machine is
 * busy enough to hide it.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUILD(name)  HG_BUILD_DIR "/tests/plugins/library-" name
#define LINKED       PLUGIN("linked")
#define PACED        PLUGIN("paced")
#define PACED_LINKED PLUGIN("paced_linked")

#define SAYS(text, part, result)                                                                             \
    cr_assert(ne(ptr, strstr(text, part), NULL), "'%s' is not said: %s\n%s%s", part, (result).line,          \
              (result).out, (result).err)
#define EXITS(result, code)                                                                                  \
    cr_assert(eq(int, (result).exit_code, code), "%s\n%s%s", (result).line, (result).out, (result).err)

typedef struct finished {
    command_result result;
    json_t *run; /* NULL where none was written */
} finished;

static finished run(const char *const *words)
{
    char *folder = folder_make();
    char path[4096];
    command given = {.words = {HEAPGATE}};
    size_t used = 1;
    for (; words[used - 1]; used++)
        given.words[used] = words[used - 1];
    given.words[used++] = "--out";
    given.words[used] = folder;
    finished done = {.result = command_run(&given)};
    snprintf(path, sizeof path, "%s/run.json", folder);
    done.run = json_load_file(path, 0, NULL);
    folder_remove(folder);
    return done;
}

static json_t *cell_of(const finished *done, const char *subject)
{
    size_t index;
    json_t *cell;
    json_array_foreach(json_object_get(done->run, "cells"), index, cell)
    {
        if (strcmp(text_of(cell, "subject"), subject) == 0)
            return cell;
    }
    cr_fatal("no cell of %s: %s\n%s%s", subject, done->result.line, done->result.out, done->result.err);
    return NULL;
}

static double figure(const json_t *cell, const char *what, const char *which)
{
    return number_of(json_object_get(json_object_get(cell, "speed"), what), which);
}

static void release(finished *done)
{
    command_result_free(&done->result);
    json_decref(done->run);
}

#define COMPARE(before, after, ...)                                                                          \
    run((const char *const[]){"compare", "--before", BUILD(before), "--after", BUILD(after), LINKED,         \
                              "--ops", "20000", __VA_ARGS__, NULL})

Test(speed, a_build_that_is_slower_than_allowed_fails_and_says_by_how_much)
{
    finished done = COMPARE("steady", "slower", "--max-slowdown", "2");
    EXITS(done.result, 1);
    const json_t *after = cell_of(&done, "after");
    SAYS(text_of(after, "reason"), "times as long as in before", done.result);
    SAYS(text_of(after, "reason"), "max_slowdown is 2", done.result);
    SAYS(text_of(after, "reproduce"), "--max-slowdown 2", done.result);
    cr_assert(eq(str, (char *)text_of(after, "verdict"), "clean"));
    cr_assert(eq(int, json_boolean_value(json_object_get(after, "met")), 0));
    cr_assert(eq(int, json_boolean_value(json_object_get(after, "too_slow")), 1));
    cr_assert(eq(int, json_boolean_value(json_object_get(cell_of(&done, "before"), "met")), 1));
    cr_assert(lt(dbl, figure(after, "against_before", "high"), 0.5));
    SAYS(done.result.out, "NO, slower", done.result);
    SAYS(done.result.out, "but slower than allowed", done.result);
    SAYS(done.result.out, "exit code 1: a subject is slower than max_slowdown allows", done.result);
    release(&done);
}

Test(speed, a_build_that_is_faster_passes_with_figures_of_both)
{
    finished done = COMPARE("slower", "steady", "--max-slowdown", "1.2");
    EXITS(done.result, 0);
    const json_t *before = cell_of(&done, "before");
    const json_t *after = cell_of(&done, "after");
    cr_assert(lt(dbl, 1, figure(after, "against_before", "low")));
    cr_assert(lt(dbl, figure(before, "ops_per_second", "median"), figure(after, "ops_per_second", "median")));
    cr_assert(lt(dbl, figure(after, "p50_ns", "median"), figure(before, "p50_ns", "median")));
    cr_assert(le(dbl, figure(after, "p50_ns", "median"), figure(after, "p99_ns", "median")));
    cr_assert(le(dbl, figure(after, "ops_per_second", "low"), figure(after, "ops_per_second", "median")));
    cr_assert(eq(dbl, number_of(json_object_get(after, "speed"), "ops"),
                 number_of(json_object_get(before, "speed"), "ops")),
              "both run the same ops");
    SAYS(done.result.out, "Speed without the probe", done.result);
    release(&done);
}

Test(speed, is_measured_by_compare_but_not_with_no_speed)
{
    finished done = COMPARE("steady", "slower", "--no-speed");
    EXITS(done.result, 0);
    cr_assert(eq(ptr, json_object_get(cell_of(&done, "after"), "speed"), NULL));
    cr_assert(eq(ptr, strstr(done.result.out, "Speed without the probe"), NULL));
    release(&done);
    done = COMPARE("steady", "slower", "--no-speed", "--max-slowdown", "3");
    EXITS(done.result, 2);
    SAYS(done.result.err, "--no-speed", done.result);
    release(&done);
}

Test(speed, is_measured_by_check_only_when_asked)
{
    finished done = run((const char *const[]){"check", PACED, "--ops", "4000", NULL});
    EXITS(done.result, 0);
    cr_assert(eq(ptr, json_object_get(cell_of(&done, "main"), "speed"), NULL));
    release(&done);
    done = run((const char *const[]){"check", PACED, "--ops", "40000", "--speed", NULL});
    EXITS(done.result, 0);
    cr_assert(lt(dbl, 0, figure(cell_of(&done, "main"), "ops_per_second", "median")));
    cr_assert(
        eq(ptr, json_object_get(json_object_get(cell_of(&done, "main"), "speed"), "against_before"), NULL));
    release(&done);
}

Test(speed, a_workload_too_short_to_time_has_no_figure_and_is_not_judged_by_one)
{
    finished done =
        run((const char *const[]){"compare", "--before", BUILD("before"), "--after", BUILD("after"), LINKED,
                                  "--ops", "40", "--max-slowdown", "1.5", NULL});
    EXITS(done.result, 3);
    const json_t *after = cell_of(&done, "after");
    cr_assert(eq(ptr, json_object_get(after, "speed"), NULL));
    cr_assert(eq(str, (char *)text_of(after, "verdict"), "inconclusive"));
    SAYS(text_of(after, "reason"), "could not be measured", done.result);
    release(&done);
}

Test(speed, says_how_a_workload_ended_that_could_not_be_timed)
{
    setenv("HEAPGATE_TEST_CASE", "crashes_when_fast", 1);
    finished done =
        run((const char *const[]){"compare", "--before", BUILD("before"), "--after", BUILD("after"),
                                  PACED_LINKED, "--ops", "20000", "--max-slowdown", "1.5", NULL});
    EXITS(done.result, 3);
    SAYS(text_of(cell_of(&done, "after"), "reason"),
         "could not be measured: without the probe the workload crashed in op 0: signal 6", done.result);
    release(&done);
}

Test(speed, never_runs_more_ops_than_the_verdict_is_made_of)
{
    const char *const options[] = {"--speed", "--ops", "10000", NULL};
    checked done = check(PACED, "runs_out", options);
    EXITS(done.result, 0);
    const json_t *speed = json_object_get(checked_cell(&done, 0), "speed");
    cr_assert(le(dbl, speed ? number_of(speed, "ops") : 0, 192000));
    checked_free(&done);
}

Test(speed, counts_the_time_in_which_an_op_sleeps)
{
    const char *const options[] = {"--speed", "--ops", "200", NULL};
    checked done = check(PACED, "sleeps", options);
    EXITS(done.result, 0);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(le(dbl, figure(cell, "ops_per_second", "high"), 5000));
    cr_assert(ge(dbl, figure(cell, "p50_ns", "low"), 200000 - 200000 / 64.0));
    checked_free(&done);
}

Test(speed, tells_no_latency_where_a_thread_may_do_the_work)
{
    const char *const options[] = {"--speed", "--ops", "40000", NULL};
    checked done = check(PACED, "thread", options);
    EXITS(done.result, 0);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(lt(dbl, 0, figure(cell, "ops_per_second", "median")));
    cr_assert(eq(ptr, json_object_get(json_object_get(cell, "speed"), "p50_ns"), NULL));
    checked_free(&done);
}

static const char suite_text[] =
    "suite: paces\n"
    "subjects:\n"
    "  before: {library_path: " BUILD("steady") "}\n"
                                                "  after: {library_path: " BUILD(
                                                    "slower") "}\n"
                                                              "allocators: [glibc]\n"
                                                              "workloads:\n"
                                                              "  linked: {plugin: " LINKED
                                                              ", ops: 20000, max_slowdown: 2}\n";

Test(speed, a_suite_bounds_the_slowdown_of_a_workload)
{
    char *folder = folder_make();
    char *suite = folder_write(folder, "suite.yaml", suite_text);
    finished done = run((const char *const[]){"run", "--holders", "never", "-c", suite, NULL});
    EXITS(done.result, 1);
    SAYS(text_of(cell_of(&done, "after"), "reproduce"), "--subject before --subject after", done.result);
    release(&done);
    done = run((const char *const[]){"run", "--holders", "never", "-c", suite, "--subject", "after", NULL});
    EXITS(done.result, 0);
    SAYS(done.result.err, "max_slowdown is not checked for 1 cell: --subject leaves out before", done.result);
    release(&done);
    done = run((const char *const[]){"run", "--holders", "never", "-c", suite, "--no-speed", NULL});
    EXITS(done.result, 0);
    SAYS(done.result.err, "max_slowdown is not checked for 1 cell: --no-speed", done.result);
    release(&done);
    done = run((const char *const[]){"run", "--holders", "never", "-c", suite, "--shard", "1/2", NULL});
    EXITS(done.result, 1);
    cr_assert(eq(sz, json_array_size(json_object_get(done.run, "cells")), 2), "compared cells stay together");
    release(&done);
    free(suite);
    folder_remove(folder);
}

Test(speed, refuses_a_slowdown_that_is_none)
{
    static const char *const bad[] = {"", "x", "0.9", "-1", "nan", "inf", "1.2x", "1e9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        finished done = COMPARE("steady", "slower", "--max-slowdown", bad[i]);
        EXITS(done.result, 2);
        SAYS(done.result.err, "--max-slowdown", done.result);
        release(&done);
    }
}
