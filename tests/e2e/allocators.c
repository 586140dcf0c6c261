/*
 * Goal: at every checkpoint the allocator's own figures stand beside the probe's, and agree with them where
 * they must; and an allocator that is not installed is told in one line.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const every[] = {"--ops", "2000", EVERY_ALLOCATOR, NULL};

static const json_t *sample_of(const json_t *cell, bool last)
{
    const json_t *samples = json_object_get(cell, "samples");
    size_t warmup = (size_t)number_of(cell, "warmup_rounds");
    cr_assert(lt(sz, warmup, json_array_size(samples)));
    return json_array_get(samples, last ? json_array_size(samples) - 1 : warmup - 1);
}

/* Growth over the measured rounds. */
static double growth_of(const json_t *cell, const char *field)
{
    double begin = number_of(sample_of(cell, false), field);
    double end = number_of(sample_of(cell, true), field);
    cr_assert(ge(dbl, begin, 0), "%s is unknown on %s", field, text_of(cell, "allocator"));
    cr_assert(ge(dbl, end, 0), "%s is unknown on %s", field, text_of(cell, "allocator"));
    return end - begin;
}

/* mimalloc 3 does not tell what it handed out, and says so. */
static bool tells_what_it_handed_out(const json_t *cell)
{
    return strcmp(text_of(cell, "allocator"), "mimalloc") != 0 ||
           access("/usr/lib/x86_64-linux-gnu/libmimalloc.so.2", R_OK) == 0 ||
           number_of(sample_of(cell, true), "allocated_bytes") != -1;
}

static void expect_within_a_quarter(const json_t *cell, const char *field, const char *line)
{
    double live = growth_of(cell, "live_bytes");
    double own = growth_of(cell, field);
    cr_assert(lt(dbl, 1e6, live), "%s", line);
    cr_assert(ge(dbl, own, 0.75 * live), "%s of %s grew %g, live bytes %g: %s", field,
              text_of(cell, "allocator"), own, live, line);
    cr_assert(le(dbl, own, 1.25 * live), "%s of %s grew %g, live bytes %g: %s", field,
              text_of(cell, "allocator"), own, live, line);
}

Test(allocators, count_a_leak_as_the_probe_does)
{
    checked done = check(PLUGIN("growth"), "in_one_thread", every);
    cr_assert(eq(sz, checked_cells(&done), ALLOCATORS));
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.line);
        if (tells_what_it_handed_out(cell))
            expect_within_a_quarter(cell, "allocated_bytes", done.result.line);
    }
    checked_free(&done);
}

/* glibc gives each thread an arena; mimalloc cannot be asked about other threads and must not guess. */
Test(allocators, count_what_other_threads_were_given_or_say_that_they_do_not_know)
{
    checked done = check(PLUGIN("growth"), "in_other_threads", every);
    cr_assert(eq(sz, checked_cells(&done), ALLOCATORS));
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        if (strcmp(text_of(cell, "allocator"), "mimalloc") == 0)
            cr_assert(eq(dbl, number_of(sample_of(cell, true), "allocated_bytes"), -1), "%s",
                      done.result.line);
        else
            expect_within_a_quarter(cell, "allocated_bytes", done.result.line);
    }
    checked_free(&done);
}

Test(allocators, hold_at_least_what_is_alive)
{
    checked done = check(PLUGIN("growth"), "in_one_thread", every);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        const json_t *last = sample_of(cell, true);
        double live = number_of(last, "live_bytes");
        if (tells_what_it_handed_out(cell))
            cr_assert(ge(dbl, number_of(last, "allocated_bytes"), live), "%s", done.result.line);
        cr_assert(ge(dbl, number_of(last, "mapped_bytes"), live), "%s", done.result.line);
    }
    checked_free(&done);
}

Test(allocators, are_not_disturbed_by_being_asked)
{
    const char *const long_run[] = {"--ops", "2000", "--rounds", "100", EVERY_ALLOCATOR, NULL};
    checked done = check(PLUGIN("growth"), "none", long_run);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "clean"), "%s: %s", text_of(cell, "reason"),
                  done.result.line);
        cr_assert(eq(dbl, growth_of(cell, "live_blocks"), 0), "%s", done.result.line);
        /* One block in an op, beside the control's: at least one in each of 100 rounds, and few. */
        double ops = number_of(cell, "ops");
        cr_assert(ge(dbl, growth_of(cell, "allocations"), ops + 100), "%s", done.result.line);
        cr_assert(le(dbl, growth_of(cell, "allocations"), 1.05 * ops), "%s", done.result.line);
    }
    checked_free(&done);
}

#if !HG_SANITIZED /* AddressSanitizer must come first of all preloaded libraries */

/*
 * A library that the workload needs, and an allocator that nobody named; the ops are timed with both, too.
 * So many ops that they take longer than the shortest time that gets a figure, however fast the allocator.
 */
static checked check_preloading(const char *preload, const char *const *options)
{
    setenv("LD_PRELOAD", preload, 1);
    checked done = check(PLUGIN("growth"), "preload", options);
    unsetenv("LD_PRELOAD");
    cr_assert(eq(int, done.result.exit_code, 0), "%s\n%s", done.result.line, done.result.out);
    for (size_t i = 0; i < checked_cells(&done); i++) {
        const json_t *speed = json_object_get(checked_cell(&done, i), "speed");
        cr_assert(ne(ptr, (void *)speed, NULL), "%s", done.result.line);
    }
    return done;
}

Test(allocators, that_the_user_preloads_stay_and_are_named)
{
    static const char *const options[] = {"--speed", "--ops", "200000", NULL};
    checked done = check_preloading(PLUGIN("preloaded") ":libjemalloc.so.2", options);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 0), "allocator"), "libjemalloc.so.2"));
    checked_free(&done);
}

Test(allocators, that_were_asked_for_come_before_what_the_user_preloads)
{
    static const char *const options[] = {"--speed",  "--ops",       "200000",   "--allocator",
                                          "glibc",    "--allocator", "jemalloc", "--allocator",
                                          "mimalloc", "--allocator", "tcmalloc", NULL};
    checked done = check_preloading(PLUGIN("preloaded"), options);
    cr_assert(eq(sz, checked_cells(&done), ALLOCATORS));
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 0), "allocator"), "glibc"));
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 1), "allocator"), "jemalloc"));
    checked_free(&done);
}

#endif

/* As mimalloc 3 does: what it returns was never in malloc. */
Test(allocators, that_copy_strings_past_malloc_hide_no_leak)
{
    setenv("LD_PRELOAD", PLUGIN("own_strdup"), 1);
    checked done = check(PLUGIN("growth"), "in_copies", every);
    unsetenv("LD_PRELOAD");
    cr_assert(eq(sz, checked_cells(&done), ALLOCATORS));
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.line);
        cr_assert(eq(dbl, number_of(cell, "blocks_per_op"), 2), "%s", done.result.line);
        cr_assert(eq(dbl, number_of(cell, "bytes_per_op"), 6000), "%s", done.result.line);
    }
    checked_free(&done);
}

/* The file system without one file: no allocator can be uninstalled for a test. */
Test(allocators, that_are_not_installed_are_told_in_one_line)
{
    if (HG_SANITIZED)
        cr_skip_test("AddressSanitizer must come first of all preloaded libraries");
    const command given = {.words = {"env", "LD_PRELOAD=" PLUGIN("hide_file"), "HIDDEN_FILE=libmimalloc.so.",
                                     HEAPGATE, "check", PLUGIN("growth"), "--allocator", "mimalloc"}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s", result.line);
    cr_assert(eq(str, result.err,
                 "heapgate: allocator mimalloc: libmimalloc.so.2 is not installed (Debian package "
                 "libmimalloc-dev)\n"));
    cr_assert(eq(sz, result.out_size, 0), "%s", result.line);
    command_result_free(&result);
}

Test(allocators, that_are_not_known_are_told_with_those_that_are)
{
    const command given = {.words = {HEAPGATE, "check", PLUGIN("growth"), "--allocator", "dlmalloc"}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 2), "%s", result.line);
    cr_assert(eq(str, result.err,
                 "heapgate: --allocator: unknown allocator 'dlmalloc'; known are glibc, jemalloc, mimalloc "
                 "and tcmalloc\n"));
    command_result_free(&result);
    const command help = {.words = {HEAPGATE, "check", "--help"}};
    result = command_run(&help);
    cr_assert(ne(ptr, strstr(result.out, "glibc, jemalloc"), NULL), "%s", result.out);
    command_result_free(&result);
}
