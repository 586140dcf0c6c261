/*
 * Goal: heapgate's verdicts are right. Runs a whole suite of workloads whose truth is known, each built with
 * its mistake and without, and holds every cell against the table: the verdict, the function to blame, the
 * rate.
 */
#include "checked.h"
#include "truth.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static void expect_truth(const truth *rows, size_t count, const json_t *cell)
{
    char mistake[TRUTH_MOST_MISTAKE];
    bool leaks = false;
    const char *workload = text_of(cell, "workload");
    const truth *row = truth_find(rows, count, workload, &leaks);
    cr_assert(row != NULL, "%s stands in no table", workload);
    bool wrong = truth_mistake(row, leaks, cell, mistake);
    cr_expect(not(wrong), "%s on %s: %s", workload, text_of(cell, "allocator"), mistake);
}

/* folder: below both the sources, where the table is, and the build, where the suite is. */
static void expect_suite(const char *folder, const char *table, const char *suite_file, size_t fewest)
{
    enum { BUILDS = 2, SUITE_ALLOCATORS = 2 };
    static truth rows[TRUTH_MOST_ROWS];
    char path[4096];
    char suite[4096];
    snprintf(path, sizeof path, HG_SOURCE_DIR "/%s/%s", folder, table);
    snprintf(suite, sizeof suite, HG_BUILD_DIR "/%s/%s", folder, suite_file);
    size_t count = truth_read(path, rows);
    cr_assert(lt(sz, 0, count), "%s", path);
    char *out = folder_make();
    const command given = {
        .words = {HEAPGATE, "run", "--no-speed", "--holders", "never", "-c", suite, "--out", out, NULL}};
    command_result result = command_run(&given);
    snprintf(path, sizeof path, "%s/run.json", out);
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *cells = json_object_get(run, "cells");
    cr_assert(ge(sz, json_array_size(cells), fewest * BUILDS * SUITE_ALLOCATORS), "%s\n%s", result.line,
              result.err);
    for (size_t i = 0; i < json_array_size(cells); i++)
        expect_truth(rows, count, json_array_get(cells, i));
    cr_expect(eq(int, result.exit_code, 0), "%s", result.line);
    json_decref(run);
    command_result_free(&result);
    folder_remove(out);
}

Test(known_verdicts, controls_are_told_rightly_with_culprit_and_rate, .timeout = 900)
{
    expect_suite("workloads/controls", "controls.tsv", "heapgate.yaml", 60);
}

Test(known_verdicts, mistakes_with_libraries_of_the_system_are_told_rightly_with_culprit, .timeout = 900)
{
    expect_suite("tests/real", "real.tsv", "heapgate.yaml", 13);
}

/* The others are for ./dev bench accuracy. */
Test(known_verdicts, a_few_pairs_of_the_test_set_are_told_rightly_with_culprit_and_rate, .timeout = 900)
{
    expect_suite("tests/testset", "pairs.tsv", "smoke.yaml", 8);
}

/* A cell with one site, as run.json has it. */
static json_t *cell_of(const char *verdict, double bytes_per_op, const char *function)
{
    return json_pack("{s:s, s:f, s:[{s:[{s:s}, {s:s}]}], s:s, s:s}", "verdict", verdict, "bytes_per_op",
                     bytes_per_op, "sites", "frames", "function", function, "function", "heapgate_iterate",
                     "reason", "", "reproduce", "");
}

Test(known_verdicts, are_compared_so_that_every_kind_of_mistake_is_found)
{
    const truth row = {.name = "loss", .bytes_per_op = 20, .within = 0.05, .culprit = "lose"};
    const struct {
        const char *verdict;
        double bytes_per_op;
        const char *function;
        bool leaks, wrong;
    } cases[] = {
        {"leak", 20.5, "lose", true, false}, {"clean", 0, "lose", false, false},
        {"clean", 20, "lose", true, true},   {"inconclusive", 20, "lose", true, true},
        {"leak", 20, "lose", false, true},   {"failed", 0, "lose", false, true},
        {"leak", 22, "lose", true, true},    {"leak", 18, "lose", true, true},
        {"leak", 20, "loser", true, true},   {"leak", 20, "other", true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char mistake[TRUTH_MOST_MISTAKE];
        json_t *cell = cell_of(cases[i].verdict, cases[i].bytes_per_op, cases[i].function);
        bool wrong = truth_mistake(&row, cases[i].leaks, cell, mistake);
        cr_assert(eq(int, wrong, cases[i].wrong), "case %zu: %s", i, mistake);
        json_decref(cell);
    }
}
