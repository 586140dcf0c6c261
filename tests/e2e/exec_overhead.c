/*
 * Goal: --overhead keeps a hot program's leak found, with its call path and its size within the stated error,
 * and makes none of a healthy program; and it is not there where the program stays within it.
 *
 * Programs end after so many requests, so that they have as many samples on any machine.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#define OPTIONS(...)   ((const char *const[]){__VA_ARGS__, NULL})
#define HOT(kind, ...) ((const char *const[]){PROGRAM("hot"), kind, __VA_ARGS__, NULL})

static checked run_hot(const char *share, const char *kind, const char *requests)
{
    /* Whoever says what a round is has a leak of less than a second judged, too. */
    return exec_run(OPTIONS("--overhead", share, "--round-every", "10ms"), HOT(kind, requests));
}

static void expect_reason(const checked *done, const char *part, bool has)
{
    const char *reason = text_of(exec_cell(done), "reason");
    cr_assert(eq(int, strstr(reason, part) != NULL, has), "%s '%s' in: %s", has ? "no" : "there is", part,
              reason);
}

static double last_sample(const json_t *cell, const char *key)
{
    const json_t *samples = json_object_get(cell, "samples");
    return number_of(json_array_get(samples, json_array_size(samples) - 1), key);
}

Test(exec_overhead, a_program_within_its_budget_is_measured_as_without)
{
    checked done = run_hot("50%", "calm", "600");
    exec_expect(&done, "clean", 0);
    expect_reason(&done, "--overhead", false);
    cr_assert(eq(dbl, last_sample(exec_cell(&done), "live_bytes"), 0));
    checked_free(&done);
}

Test(exec_overhead, a_leak_beyond_the_budget_is_found_with_its_path_and_its_rate)
{
    enum { EVERY = 10, PARTS = 32, KEPT = 112 };
    checked done = run_hot("2%", "leak", "1500000");
    exec_expect(&done, "leak", 1);
    const json_t *cell = exec_cell(&done);
    expect_reason(&done, "--overhead 2%: to follow every allocation would have taken", true);
    expect_reason(&done, "blocks and bytes are estimates, the rate to", true);
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "keep"));
    double rate = number_of(cell, "bytes_per_op");
    double error = number_of(cell, "bytes_per_op_error");
    cr_assert(lt(dbl, 0, error), "an estimate has an error");
    cr_assert(lt(dbl, error, rate / 4));
    /* Neither depends on how fast the machine is. */
    double expected = (double)KEPT / EVERY / (PARTS + 1.0 / EVERY);
    double found = last_sample(cell, "live_bytes") / last_sample(cell, "allocations");
    cr_assert(le(dbl, fabs(found / expected - 1), 0.15), "%g B for each allocation instead of %g", found,
              expected);
    checked_free(&done);
}

Test(exec_overhead, caches_and_bursts_beyond_the_budget_are_no_leaks)
{
    static const char *const kinds[] = {"ring", "random", "bursts"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        checked done = run_hot("2%", kinds[i], "500000");
        const json_t *cell = exec_cell(&done);
        expect_reason(&done, "--overhead 2%: to follow every", true);
        cr_assert(ne(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", kinds[i],
                  text_of(cell, "reason"));
        cr_assert(ne(str, (char *)text_of(cell, "verdict"), "failed"), "%s: %s", kinds[i],
                  text_of(cell, "reason"));
        checked_free(&done);
    }
}

Test(exec_overhead, a_program_that_becomes_hot_is_followed_whole_until_then)
{
    checked done = run_hot("2%", "late", "800000");
    const json_t *cell = exec_cell(&done);
    const char *verdict = text_of(cell, "verdict");
    expect_reason(&done, "--overhead 2%: to follow every", true);
    cr_assert(strcmp(verdict, "leak") == 0 || strcmp(verdict, "inconclusive") == 0, "%s",
              text_of(cell, "reason"));
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "keep"));
    checked_free(&done);
}

Test(exec_overhead, what_a_program_gives_back_at_its_end_is_found_as_without)
{
    checked done = run_hot("2%", "tidy", "600000");
    exec_expect(&done, "inconclusive", 3);
    expect_reason(&done, "which it freed before it ended", true);
    checked_free(&done);
}

Test(exec_overhead, children_have_a_budget_each)
{
    static const char hot[] = PROGRAM("hot");
    checked done = exec_run(OPTIONS("--children", "--overhead", "2%"),
                            OPTIONS("/bin/sh", "-c", "\"$0\" leak 800000; :", hot));
    cr_assert(eq(sz, checked_cells(&done), 2), "%s", done.result.line);
    const json_t *child = checked_cell(&done, 1);
    cr_assert(ne(ptr, strstr(text_of(child, "reason"), "--overhead 2%: to follow every"), NULL), "%s",
              text_of(child, "reason"));
    cr_assert(eq(str, (char *)text_of(culprit_of(child, 0), "function"), "keep"));
    checked_free(&done);
}

Test(exec_overhead, on_another_allocator_all_is_followed_and_that_is_said)
{
    checked done = exec_run(OPTIONS("--overhead", "2%", "--allocator", "jemalloc"), HOT("clean", "300000"));
    expect_reason(&done, "only on the C library's own allocator", true);
    expect_reason(&done, "one in", false);
    checked_free(&done);
}
