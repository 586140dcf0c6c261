/*
 * The storms whose ops are random in number and in order, over several seeds: what leaks and what is clean
 * must not depend on the day, nor on how threads interleave.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { CELLS = 4 }; /* before and after, on glibc and jemalloc */

static void expect_cell(const json_t *cell, const char *line)
{
    bool leaky = strcmp(text_of(cell, "subject"), "before") == 0;
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), leaky ? "leak" : "clean"), "%s on %s: %s",
              text_of(cell, "subject"), text_of(cell, "allocator"), line);
    if (leaky)
        cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "store_parse"), "%s", line);
    else
        cr_assert(eq(dbl, number_of(cell, "bytes_per_op"), 0.0), "%s", line);
}

static void run_seed(const char *workload, const char *seed)
{
    char *folder = folder_make();
    char path[4096];
    const command given = {.words = {HEAPGATE, "run", "--no-speed", "--holders", "never", "--workload",
                                     workload, "--seed", seed, "--out", folder, NULL}};
    command_result result = command_run(&given);
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    cr_assert(run != NULL, "%s: %s", result.line, result.err);
    const json_t *cells = json_object_get(run, "cells");
    cr_assert(eq(sz, json_array_size(cells), CELLS), "%s", result.line);
    for (size_t i = 0; i < CELLS; i++)
        expect_cell(json_array_get(cells, i), result.line);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s", result.line, result.out);
    json_decref(run);
    command_result_free(&result);
    folder_remove(folder);
}

static const char *const seeds[] = {"2", "3", "20260101"};

Test(storm_seeds, concurrent_storm_is_judged_alike_whatever_the_seed)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        run_seed("concurrent-storm", seeds[i]);
}

Test(storm_seeds, day_of_production_is_judged_alike_whatever_the_seed)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        run_seed("long-run", seeds[i]);
}
