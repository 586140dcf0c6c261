/*
 * Goal: a leak test in a Criterion suite passes and fails like any other, and its failure tells all: what,
 * how fast, where, and the command that repeats it.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE HG_BUILD_DIR "/tests/leak_tests"

/* A program started from here that is a Criterion suite would take itself for one of this one's tests. */
static void prepare(void)
{
    unsetenv("BXFI_MAP");
    setenv("HEAPGATE", HEAPGATE, 1);
}

TestSuite(criterion_suites, .init = prepare);

static const char *suite = SUITE;
static const char *folder_to_run_in; /* NULL: this one */

static command_result run_one(const char *name)
{
    char filter[128];
    snprintf(filter, sizeof filter, "--filter=%s", name);
    const command given = {.words = {suite, filter, "--color=never"}, .folder = folder_to_run_in};
    return command_run(&given);
}

static void expect_pass(const char *name)
{
    command_result result = run_one(name);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.err, "Tested: 1 | Passing: 1"), NULL), "%s\n%s", result.line, result.err);
    command_result_free(&result);
}

static void expect_failure(const char *name, const char *says)
{
    command_result result = run_one(name);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.err, "Failing: 1 | Crashing: 0"), NULL), "%s\n%s", result.line,
              result.err);
    cr_assert(ne(ptr, strstr(result.err, says), NULL), "'%s' is not said: %s\n%s", says, result.line,
              result.err);
    command_result_free(&result);
}

Test(criterion_suites, passes_what_gives_everything_back)
{
    expect_pass("store/gives_back");
    expect_pass("second_source/gives_back");
    expect_pass("store/forgets_what_it_may");
    expect_pass("store/is_called_as_often_as_said");
    expect_pass("store/allocates_nothing");
}

Test(criterion_suites, fails_with_rate_and_call_path)
{
    expect_failure("store/forgets", "24 B and 1 block per mark");
    expect_failure("store/forgets", "leak_tests.c:10");
    expect_failure("store/forgets", "heapgate_op_store_forgets");
    expect_failure("store/forgets_on_jemalloc", "jemalloc");
}

Test(criterion_suites, gives_a_command_that_repeats_the_failure)
{
    command_result result = run_one("store/forgets");
    char *begin = strstr(result.err, "again: heapgate exec ");
    cr_assert(ne(ptr, begin, NULL), "%s", result.err);
    begin += strlen("again: heapgate exec ");
    char script[4096];
    snprintf(script, sizeof script, "\"$HEAPGATE\" exec %.*s", (int)strcspn(begin, "\n"), begin);
    const command again = {.words = {"/bin/sh", "-c", script}};
    command_result repeated = command_run(&again);
    cr_assert(eq(int, repeated.exit_code, 1), "%s\n%s", repeated.line, repeated.err);
    cr_assert(ne(ptr, strstr(repeated.err, "24 B and 1 block per mark"), NULL), "%s\n%s", repeated.line,
              repeated.err);
    command_result_free(&repeated);
    command_result_free(&result);
}

Test(criterion_suites, works_from_any_folder)
{
    folder_to_run_in = "/";
    expect_pass("store/gives_back");
    expect_failure("store/forgets", "leak_tests.c:10");
}

Test(criterion_suites, works_in_cxx)
{
    suite = SUITE "_cxx";
    expect_pass("cxx/gives_back");
    expect_pass("cxx/forgets_what_it_may");
    expect_failure("cxx/forgets", "leak_tests_cxx.cc:");
    const command all = {.words = {suite, "--filter=@(ordinary|cxx)/@(has_parameters|gives_back)", "-j4"}};
    command_result result = command_run(&all);
    cr_assert(ne(ptr, strstr(result.err, "Tested: 4 | Passing: 4"), NULL), "%s\n%s", result.line, result.err);
    command_result_free(&result);
}

Test(criterion_suites, a_program_that_is_not_heapgate_passes_nothing)
{
    setenv("HEAPGATE", "/bin/true", 1);
    expect_failure("store/gives_back", "/bin/true is not heapgate: it measured nothing");
}

Test(criterion_suites, fails_what_could_not_be_measured)
{
    expect_failure("store/crashes", "signal 6");
    expect_failure("store/is_called_too_rarely", "inconclusive: give it more .ops");
}

Test(criterion_suites, says_how_to_name_the_program_when_it_is_not_found)
{
    setenv("HEAPGATE", "/nowhere/heapgate", 1);
    expect_failure("store/gives_back",
                   "program '/nowhere/heapgate' not found: set HEAPGATE=/path/to/heapgate");
    unsetenv("HEAPGATE");
    setenv("PATH", "/nowhere", 1);
    expect_failure("store/gives_back", "program 'heapgate' not found");
    setenv("PATH", HG_BUILD_DIR, 1);
    expect_pass("store/gives_back");
}

Test(criterion_suites, runs_beside_other_tests_whatever_Criterion_is_told)
{
    char *folder = folder_make();
    char *tap;
    cr_assert(lt(int, 0, asprintf(&tap, "tap:%s/tap", folder)));
    setenv("CRITERION_OUTPUTS", tap, 1);
    setenv("CRITERION_TEST_PATTERN", "{ordinary,second_source}/*", 1);
    const command given = {.words = {SUITE, "--jobs=2", "--filter=@(ordinary|second_source)/*"}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.err);
    cr_assert(ne(ptr, strstr(result.err, "Tested: 2 | Passing: 2"), NULL), "%s\n%s", result.line, result.err);
    cr_assert(eq(sz, folder_count(folder), 1));
    command_result_free(&result);
    free(tap);
    folder_remove(folder);
}
