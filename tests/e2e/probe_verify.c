/*
 * Goal: the context cache never takes one stack for another. In verify mode every stack that the cache
 * recognises is walked as well, and one mistake fails the cell; here that is asked of plug-ins made to
 * mislead it, and of the Toka storms with their tens of thousands of recursive stacks.
 *
 * That the mode sees mistakes was tried by comparing only half of each stack's slots: it found 252,227.
 */
#include "checked.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

/* The cell says how many stacks were walked again; none may have been another. */
static void expect_verified(const json_t *cell, const char *line)
{
    unsigned long long verified = 0;
    const char *reason = text_of(cell, "reason");
    bool right = strstr(reason, " recognised stacks walked again, all right") != NULL;
    for (const char *at = reason; right && verified == 0 && (at = strchr(at, ';')); at++)
        sscanf(at, "; %llu recognised", &verified);
    cr_assert(right, "%s: %s", reason, line);
    cr_assert(lt(ullong, 0, verified), "%s: %s", reason, line);
}

static void verify_plugin(const char *plugin, const char *chosen)
{
    const char *const options[] = {"--ops", "400", "--quick", "--verify", NULL};
    checked done = check(plugin, chosen, options);
    expect_verified(checked_cell(&done, 0), done.result.line);
    checked_free(&done);
}

Test(probe_verify, stacks_made_to_mislead_are_told_apart)
{
    static const char *const builds[] = {STACKS_BUILDS};
    static const char *const cases[] = {"alloca",   "array",           "far_down",  "many_depths",
                                        "64_paths", "64_spread_paths", "256_paths", "realigned"};
    for (size_t b = 0; b < sizeof builds / sizeof *builds; b++)
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            verify_plugin(builds[b], cases[c]);
}

/* Code that is unloaded after each op is met anew each time: little or nothing is recognised, and nothing
 * mistaken. */
Test(probe_verify, where_no_stack_is_recognised_the_verdict_stands)
{
    const char *const options[] = {"--ops", "400", "--quick", "--verify", NULL};
    checked done = check(PLUGIN("dynamic"), NULL, options);
    const json_t *cell = checked_cell(&done, 0);
    cr_assert(eq(str, (char *)text_of(cell, "verdict"), "leak"), "%s: %s", text_of(cell, "reason"),
              done.result.line);
    const char *told = strstr(text_of(cell, "reason"), " recognised stacks walked again");
    bool right = told && (strncmp(told - 3, "; 0", 3) == 0 || strstr(told, "all right"));
    cr_assert(right, "%s: %s", text_of(cell, "reason"), done.result.line);
    checked_free(&done);
}

/* Where the record is nearly full, new stacks are told apart by their inner frames. */
Test(probe_verify, a_program_with_more_stacks_than_the_record_holds_gets_its_verdict)
{
    const char *options[] = {"--ops", "6000", "--allocator", "glibc", NULL, NULL};
    const char *const cases[] = {"nothing", "root", "leaf"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options[4] = i == 0 ? "--verify" : NULL; /* which takes long */
        checked done = check(PLUGIN("documents"), cases[i], options);
        const json_t *cell = checked_cell(&done, 0);
        if (i == 0)
            expect_verified(cell, done.result.line);
        cr_assert(lt(dbl, 0.75 * (1 << 18), number_of(cell, "contexts")), "%s", done.result.line);
        cr_assert(lt(dbl, number_of(cell, "contexts"), 0.95 * (1 << 18)), "%s", done.result.line);
        cr_assert(eq(str, (char *)text_of(cell, "verdict"), i == 0 ? "clean" : "leak"), "%s: %s",
                  text_of(cell, "reason"), done.result.line);
        if (i > 0) {
            cr_assert(epsilon_eq(dbl, number_of(cell, "bytes_per_op"), 3.2, 0.05), "%s", done.result.line);
            const json_t *culprit = culprit_of(cell, 0);
            cr_assert(eq(str, (char *)text_of(culprit, "function"), "new_node"), "%s", done.result.line);
            cr_assert(eq(int, (int)number_of(culprit, "line"), marked_line("documents.c", cases[i])), "%s",
                      done.result.line);
        }
        checked_free(&done);
    }
}

/* Sanitized libraries cannot be loaded into the runner, which is not sanitized. */
#if !HG_SANITIZED
Test(probe_verify, toka_storms_are_recognised_without_a_mistake)
{
    char *folder = folder_make();
    const command given = {
        .words = {
            HEAPGATE,      "run",         "--verify",   "--no-speed",     "--ops",      "100",
            "--allocator", "glibc",       "--subject",  "after",          "--workload", "schema-storm",
            "--workload",  "cache-churn", "--workload", "registry-storm", "--workload", "manifest-storm",
            "--out",       folder,        NULL}};
    command_result result = command_run(&given);
    char path[4096];
    snprintf(path, sizeof path, "%s/run.json", folder);
    json_t *run = json_load_file(path, 0, NULL);
    cr_assert(run != NULL, "%s", result.line);
    size_t cells = json_array_size(json_object_get(run, "cells"));
    cr_assert(eq(sz, cells, 4), "%s", result.line);
    for (size_t i = 0; i < cells; i++)
        expect_verified(json_array_get(json_object_get(run, "cells"), i), result.line);
    json_decref(run);
    command_result_free(&result);
    folder_remove(folder);
}
#endif
