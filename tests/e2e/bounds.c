/*
 * Goal: a holder over its bound fails the cell, whatever the rate; a bound that is kept changes nothing; and
 * the inventory tells what each root holds, alone or with others.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char program[] = HEAPGATE;

/* A suite of the one case with these lines, and of its workload with these words. */
static checked run_suite(const char *chosen, const char *expect, const char *lines, const char *words,
                         const char *option, const char *mode)
{
    char text[1024], path[4096];
    char *folder = folder_make();
    snprintf(text, sizeof text,
             "suite: held\nsubjects: { main: { expect: %s } }\nallocators: [glibc]\n%s\n"
             "workloads: { held: { plugin: %s%s } }\n",
             expect, lines, PLUGIN("held"), words);
    char *file = folder_write(folder, "suite.yaml", text);
    const command given = {.words = {program, "run", "-c", file, "--out", folder, "--quick", "--ops", "4000",
                                     "--no-speed", option, mode, NULL}};
    setenv("HEAPGATE_TEST_CASE", chosen, 1);
    checked done = {.result = command_run(&given)};
    snprintf(path, sizeof path, "%s/run.json", folder);
    done.run = json_load_file(path, 0, NULL);
    free(file);
    folder_remove(folder);
    return done;
}

static const json_t *holder_named(const json_t *cell, const char *name)
{
    size_t i;
    json_t *holder;
    json_array_foreach(json_object_get(cell, "holders"), i,
                       holder) if (strcmp(text_of(holder, "name"), name) == 0) return holder;
    return NULL;
}

/* The exit code, and what standard output and error have to say. */
static void expect_run(checked done, int code, const char *says, const char *does_not_say)
{
    const char *line = done.result.line;
    cr_assert(eq(int, done.result.exit_code, code), "%s\n%s%s", line, done.result.out, done.result.err);
    if (says)
        cr_assert(strstr(done.result.out, says) || strstr(done.result.err, says), "%s: %s\n%s%s", says, line,
                  done.result.out, done.result.err);
    bool silent =
        !does_not_say || (!strstr(done.result.out, does_not_say) && !strstr(done.result.err, does_not_say));
    cr_assert(silent, "%s: %s\n%s%s", does_not_say, line, done.result.out, done.result.err);
    checked_free(&done);
}

Test(bounds, that_are_broken_fail_a_cell_with_a_clean_rate)
{
    checked done =
        run_suite("filled_at_once", "clean", "bounds: { table_of_all: { blocks: 299 } }", "", NULL, NULL);
    const json_t *cell = checked_cell(&done, 0);
    const json_t *holder = holder_named(cell, "table_of_all");
    cr_assert(ne(ptr, (void *)holder, NULL), "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "clean"), "%s", done.result.line);
    bool within = json_is_true(json_object_get(holder, "within_bound"));
    cr_assert(not(within), "%s", done.result.line);
    cr_assert(eq(dbl, number_of(json_object_get(holder, "bound"), "blocks"), 299));
    cr_assert(eq(dbl, number_of(holder, "alike_blocks"), 300));
    expect_run(done, 1, "table_of_all is over its bound: 300 blocks at table_of_all.first", NULL);
}

Test(bounds, that_are_kept_change_nothing)
{
    expect_run(
        run_suite("filled_at_once", "clean", "bounds: { table_of_all: { blocks: 300 } }", "", NULL, NULL), 0,
        NULL, "is for nothing");
}

Test(bounds, may_be_of_a_part_of_a_variable_and_in_bytes_and_of_one_workload)
{
    expect_run(run_suite("filled_at_once", "clean", "", ", bounds: { table_of_all.first: { bytes: 4KiB } }",
                         NULL, NULL),
               1, "table_of_all.first is over its bound: 12000 bytes, and 4096 allowed", NULL);
    expect_run(run_suite("filled_at_once", "clean", "bounds: { table_of_all: { bytes: 4KiB } }",
                         ", bounds: { table_of_all: { bytes: 12000 } }", NULL, NULL),
               0, NULL, "OVER ITS BOUND");
}

Test(bounds, are_not_kept_by_what_is_expected_to_leak)
{
    expect_run(run_suite("struct_member", "leak", "bounds: { server: { blocks: 1000 } }", "", NULL, NULL), 0,
               "OVER ITS BOUND of 1 000 blocks", NULL);
}

Test(bounds, of_what_nobody_holds_are_told)
{
    expect_run(run_suite("filled_at_once", "clean", "bounds: { table_of_al: { blocks: 9 } }", "", NULL, NULL),
               0, "the bound of 'table_of_al' is for nothing", NULL);
}

Test(bounds, are_not_kept_where_nobody_may_look)
{
    expect_run(run_suite("filled_at_once", "clean", "bounds: { table_of_all: { blocks: 9 } }", "",
                         "--holders", "never"),
               0, "with --holders never, no holder is kept within its bound", NULL);
    expect_run(run_suite("filled_at_once", "clean", "holders: never\nbounds: { table_of_all: { blocks: 9 } }",
                         "", NULL, NULL),
               2, "the suite has bounds of holders, and 'holders: never'", NULL);
}

Test(bounds, may_be_wanted_of_every_large_or_growing_holder)
{
    expect_run(run_suite("large_and_shared", "clean", "undeclared_holders: warn", "", NULL, NULL), 0,
               "HAS NO BOUND", NULL);
    expect_run(run_suite("large_and_shared", "clean", "undeclared_holders: fail", "", NULL, NULL), 1,
               "large holds 102400 bytes and has no bound", NULL);
    expect_run(run_suite("large_and_shared", "clean",
                         "undeclared_holders: fail\nbounds: { large: { bytes: 100KiB } }", "", NULL, NULL),
               0, NULL, "HAS NO BOUND");
    expect_run(run_suite("filled_at_once", "clean", "undeclared_holders: fail", "", NULL, NULL), 0, NULL,
               "HAS NO BOUND");
}

/* Two variables that lead to the same blocks retain none of them. */
Test(bounds, inventory_tells_what_a_root_holds_alone)
{
    checked done = run_suite("large_and_shared", "clean", "", "", "--holders", "always");
    const json_t *cell = checked_cell(&done, 0);
    const json_t *evens = holder_named(cell, "evens");
    const json_t *odds = holder_named(cell, "odds");
    const json_t *large = holder_named(cell, "large");
    cr_assert(large && (evens || odds), "%s\n%s", done.result.line, done.result.out);
    const json_t *shared = evens ? evens : odds;
    cr_assert(eq(dbl, number_of(large, "retained_bytes"), 102400), "%s", done.result.line);
    cr_assert(eq(dbl, number_of(large, "retained_blocks"), 1), "%s", done.result.line);
    cr_assert(eq(dbl, number_of(shared, "blocks"), 300), "%s", done.result.line);
    cr_assert(eq(dbl, number_of(shared, "retained_blocks"), 0), "%s", done.result.line);
    expect_run(done, 0, "What holds the memory of", NULL);
}

Test(bounds, inventory_tells_the_growth_of_each_root)
{
    checked done = run_suite("two_holders", "leak", "", "", "--holders", "always");
    const json_t *cell = checked_cell(&done, 0);
    const json_t *evens = holder_named(cell, "evens");
    cr_assert(ne(ptr, (void *)evens, NULL), "%s", done.result.line);
    double growth = number_of(evens, "growth_bytes_per_op");
    cr_assert(growth > 19 && growth < 21, "%g: %s", growth, done.result.line);
    cr_assert(eq(dbl, number_of(evens, "retained_blocks"), number_of(evens, "blocks")), "%s",
              done.result.line);
    expect_run(done, 0, "grows by 20", NULL);
}
