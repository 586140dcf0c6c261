/*
 * Goal: every allocation is laid to its exact call path, whatever the frames above it look like: of variable
 * size, deep, stripped, without frame pointers, on a stack of the program's own. The cache of known stacks
 * never mistakes one for another.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const builds[] = {STACKS_BUILDS};
enum { BUILDS = sizeof builds / sizeof *builds };

static checked check_all(const char *plugin, const char *chosen, const char *ops)
{
    const char *const every[] = {"--ops", ops, EVERY_ALLOCATOR, NULL};
    return check(plugin, chosen, every);
}

/* heapgate runs a surprising leak again, for longer, so that it is not known beforehand. */
static int all_ops(const json_t *cell)
{
    return (int)(number_of(cell, "ops") + number_of(cell, "warmup_ops"));
}

/* Every block was lost by lose(), at its line, and none elsewhere. */
static void expect_one_culprit(const char *plugin, const char *chosen, double bytes)
{
    checked done = check_all(plugin, chosen, "2000");
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", text_of(cell, "reason"),
                  done.result.line);
        cr_assert(le(dbl, fabs(number_of(cell, "bytes_per_op") - bytes), 0.01 * bytes), "%s",
                  done.result.line);
        const json_t *culprit = culprit_of(cell, 0);
        cr_assert(eq(str, (char *)text_of(culprit, "function"), "lose"), "%s", done.result.line);
        cr_assert(eq(int, (int)number_of(culprit, "line"), marked_line("stacks.c", "stacks")), "%s",
                  done.result.line);
    }
    checked_free(&done);
}

Test(probe_stacks, sees_through_frames_of_variable_size)
{
    for (size_t b = 0; b < BUILDS; b++) {
        expect_one_culprit(builds[b], "alloca", 32);
        expect_one_culprit(builds[b], "array", 32);
    }
}

Test(probe_stacks, gathers_a_recursion_of_many_depths)
{
    for (size_t b = 0; b < BUILDS; b++)
        expect_one_culprit(builds[b], "many_depths", 32);
}

Test(probe_stacks, cuts_a_stack_that_is_too_deep_and_says_so)
{
    for (size_t b = 0; b < BUILDS; b++) {
        checked done = check_all(builds[b], "far_down", "1000");
        for (size_t i = 0; i < ALLOCATORS; i++) {
            const json_t *cell = checked_cell(&done, i);
            const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
            bool is_cut = json_is_true(json_object_get(site, "cut"));
            cr_assert(is_cut, "%s", done.result.line);
            cr_assert(epsilon_eq(dbl, number_of(site, "bytes_per_op"), 32, 0.32), "%s", done.result.line);
            cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose"), "%s",
                      done.result.line);
        }
        checked_free(&done);
    }
}

/* The walk ends there, and the report must not call it depth alone. */
Test(probe_stacks, says_where_code_without_unwind_tables_ends_a_stack)
{
    const char *const options[] = {"--ops", "1000", "--verify", NULL};
    checked done = check(PLUGIN("stacks_no_unwind_tables"), "many_depths", options);
    const json_t *cell = checked_cell(&done, 0);
    const json_t *site = json_array_get(json_object_get(cell, "sites"), 0);
    bool is_cut = json_is_true(json_object_get(site, "cut"));
    cr_assert(is_cut, "%s", done.result.line);
    cr_assert(epsilon_eq(dbl, number_of(site, "bytes_per_op"), 32, 0.32), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "lose"), "%s", done.result.line);
    cr_assert(ne(ptr, strstr(done.result.out, "the code has no unwind tables"), NULL), "%s\n%s",
              done.result.line, done.result.out);
    checked_free(&done);
}

/* Which of the 64 paths a site is, by the functions it passes; -1 if a level is missing. */
static int path_of(const json_t *site)
{
    int path = 0;
    int levels = 0;
    size_t index;
    json_t *frame;
    json_array_foreach(json_object_get(site, "frames"), index, frame)
    {
        const char *function = text_of(frame, "function");
        int level;
        if (sscanf(function, "left_%d", &level) == 1) {
            levels++;
        } else if (sscanf(function, "right_%d", &level) == 1) {
            levels++;
            path |= 1 << level;
        }
    }
    return levels == 6 ? path : -1;
}

static void expect_64_exact_paths(const char *plugin, const char *chosen)
{
    checked done = check_all(plugin, chosen, "102400");
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        bool seen[64] = {false};
        size_t found = 0;
        size_t index;
        json_t *site;
        json_array_foreach(json_object_get(cell, "sites"), index, site)
        {
            int path = path_of(site);
            if (path < 0)
                continue;
            cr_assert(not(seen[path]), "path %d is split: %s", path, done.result.line);
            seen[path] = true;
            found++;
            double expected = (16.0 + path) / 64;
            /* The op that falls on a path is the first of a round or the last. */
            cr_assert(epsilon_eq(dbl, number_of(site, "bytes_per_op"), expected, 2e-3), "path %d: %s", path,
                      done.result.line);
            cr_assert(eq(int, (int)number_of(site, "live_blocks"), all_ops(cell) / 64), "path %d: %s", path,
                      done.result.line);
        }
        cr_assert(eq(sz, found, 64), "%s", done.result.line);
    }
    checked_free(&done);
}

Test(probe_stacks, never_mistakes_one_of_64_paths_for_another)
{
    for (size_t b = 0; b < BUILDS; b++)
        expect_64_exact_paths(builds[b], "64_paths");
}

Test(probe_stacks, never_mistakes_paths_whose_frames_change_in_size)
{
    for (size_t b = 0; b < BUILDS; b++)
        expect_64_exact_paths(builds[b], "64_spread_paths");
}

Test(probe_stacks, tells_256_orders_of_two_functions_apart)
{
    for (size_t b = 0; b < BUILDS; b++) {
        checked done = check_all(builds[b], "256_paths", "5120");
        for (size_t i = 0; i < ALLOCATORS; i++) {
            const json_t *cell = checked_cell(&done, i);
            double contexts = 0;
            double blocks = 0;
            size_t index;
            json_t *site;
            json_array_foreach(json_object_get(cell, "sites"), index, site)
            {
                if (strcmp(text_of(culprit_of(cell, index), "function"), "lose") != 0)
                    continue;
                contexts += number_of(site, "contexts");
                blocks += number_of(site, "live_blocks");
            }
            cr_assert(eq(int, (int)contexts, 256), "%s", done.result.line);
            cr_assert(eq(int, (int)blocks, all_ops(cell)), "%s", done.result.line);
        }
        checked_free(&done);
    }
}

Test(probe_stacks, walks_each_stack_once)
{
    checked done = check_all(PLUGIN("stacks_O2"), "64_paths", "64000");
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(lt(dbl, number_of(cell, "unwinds"), 500), "%g unwinds for 64 paths: %s",
                  number_of(cell, "unwinds"), done.result.line);
    }
    checked_free(&done);
}

Test(probe_stacks, counts_exactly_in_a_stripped_library)
{
    checked done = check_all(PLUGIN("stacks_stripped"), "256_paths", "5120");
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s", done.result.line);
        cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 32, 0.32), "%s", done.result.line);
        const json_t *culprit = culprit_of(cell, 0);
        cr_assert(ne(ptr, strstr(text_of(culprit, "module"), "stacks_stripped.so"), NULL), "%s",
                  done.result.line);
        cr_assert(ne(str, (char *)text_of(culprit, "offset"), "0x0"), "%s", done.result.line);
    }
    checked_free(&done);
}

static void expect_other_stack(const char *chosen, const char *marker, const char *function, const char *ops)
{
    checked done = check_all(PLUGIN("other_stacks"), chosen, ops);
    for (size_t i = 0; i < ALLOCATORS; i++) {
        const json_t *cell = checked_cell(&done, i);
        const json_t *culprit = culprit_of(cell, 0);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s\n%s", text_of(cell, "reason"),
                  done.result.line, text_of(cell, "log"));
        cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 40, 0.4), "%s", done.result.line);
        cr_assert(eq(str, (char *)text_of(culprit, "function"), (char *)function), "%s", done.result.line);
        cr_assert(eq(int, (int)number_of(culprit, "line"), marked_line("other_stacks.c", marker)), "%s",
                  done.result.line);
    }
    checked_free(&done);
}

Test(probe_stacks, follows_coroutines)
{
    expect_other_stack("coroutine", "coroutine", "lose_on_coroutine", "2000");
    expect_other_stack("new_coroutine", "coroutine", "lose_on_coroutine", "2000");
}

Test(probe_stacks, follows_the_coroutines_of_boost_and_exceptions_thrown_in_them)
{
    if (access(PLUGIN("boost_context"), R_OK) != 0)
        cr_skip_test("built without libboost-context-dev: ./dev extras installs it");
    const char *const every[] = {"--ops", "2000", NULL};
    const expected_leak one = {.plugin = PLUGIN("boost_context"),
                               .source = "boost_context.cc",
                               .chosen = "fiber",
                               .function = "lose_in_fiber",
                               .bytes_per_op = 40,
                               .blocks_per_op = 1,
                               .options = every};
    expect_leak(&one);
}

Test(probe_stacks, follows_signal_handlers)
{
    expect_other_stack("handler", "handler", "lose_in_handler", "2000");
    expect_other_stack("alternate_stack", "handler", "lose_in_handler", "2000");
}

/* The handler, what called it, the way back into the program, and then what was interrupted. */
Test(probe_stacks, names_the_function_that_a_signal_interrupted_in_its_first_instruction)
{
    enum { INTERRUPTED = 3 };
    expect_other_stack("trap", "handler", "lose_in_handler", "2000");
    const char *const options[] = {"--ops", "2000", NULL};
    checked done = check(PLUGIN("other_stacks"), "trap", options);
    const json_t *site = json_array_get(json_object_get(checked_cell(&done, 0), "sites"), 0);
    const json_t *frame = json_array_get(json_object_get(site, "frames"), INTERRUPTED);
    cr_assert(eq(str, (char *)text_of(frame, "function"), "trap_at_once"), "%s", done.result.line);
    checked_free(&done);
}

Test(probe_stacks, bears_signals_at_any_moment)
{
    expect_other_stack("ticks", "ticks", "lose_between_ticks", "10000");
}

Test(probe_stacks, follows_threads_on_stacks_of_the_program)
{
    expect_other_stack("thread_stack", "thread_stack", "lose_in_thread", "2000");
}
