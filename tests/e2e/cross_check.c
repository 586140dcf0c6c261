/*
 * Goal: heapgate run --cross-check memcheck says of every cell whether memcheck agrees, in run.json and in
 * the reports, and changes no verdict.
 */
#include "checked.h"
#include "tools.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *folder, const char *name)
{
    char path[4096];
    char *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    cr_assert(ne(ptr, file, NULL), "%s", path);
    cr_assert(lt(long, 0, getdelim(&text, &size, '\0', file)));
    fclose(file);
    return text;
}

static void expect_part(const char *text, const char *part)
{
    cr_expect(ne(ptr, (void *)strstr(text, part), NULL), "without '%s':\n%.3000s", part, text);
}

static void expect_parts(const char *folder, const char *name, const char *const *parts)
{
    char *text = read_file(folder, name);
    for (size_t i = 0; parts[i]; i++)
        expect_part(text, parts[i]);
    free(text);
}

#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(cross_check, memcheck_calls_the_registry_reachable_and_agrees_on_its_fix)
{
    tool_or_skip("valgrind");
    char *folder = folder_make();
    const command given = {.words = {HEAPGATE, "run", "--workload", "registry-storm", "--cross-check",
                                     "memcheck", "--out", folder, NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 0), "%s\n%s%s", result.line, result.out, result.err);
    expect_part(result.out, "memcheck finds it reachable and does not call it a leak: ");
    expect_part(result.out, "memcheck agrees on 2 cells, calls 2 leaks reachable");
    char *text = read_file(folder, "run.json");
    json_t *run = json_loads(text, 0, NULL);
    size_t index;
    const json_t *cell;
    json_array_foreach(json_object_get(run, "cells"), index, cell)
    {
        const json_t *check = json_object_get(cell, "cross_check");
        bool before = strcmp(text_of(cell, "subject"), "before") == 0;
        cr_expect(eq(str, (char *)text_of(check, "answer"), before ? "reachable" : "agrees"), "%s",
                  result.line);
        cr_expect(eq(dbl, number_of(check, "lost_bytes_per_op"), 0));
        cr_expect(eq(int, number_of(check, "reachable_bytes_per_op") > 100, before));
        cr_expect(ge(int, (int)number_of(check, "ops"), 20));
    }
    cr_assert(eq(sz, index, 4));
    expect_parts(folder, "report.md", PARTS("memcheck agrees on 2 cells, calls 2 leaks reachable."));
    expect_parts(
        folder, "report.html",
        PARTS("memcheck finds it reachable and does not call it a leak", "memcheck agrees: 0 B lost"));
    json_decref(run);
    free(text);
    command_result_free(&result);
    folder_remove(folder);
}

Test(cross_check, memcheck_agrees_on_lost_blocks_and_the_leak_stays_one)
{
    tool_or_skip("valgrind");
    char *folder = folder_make();
    char *suite =
        folder_write(folder, "heapgate.yaml",
                     "suite: s\nsubjects:\n  main: { expect: clean }\nallocators: [glibc]\nworkloads:\n"
                     "  growth: { plugin: " PLUGIN("growth") ", ops: 1000 }\n");
    setenv("HEAPGATE_TEST_CASE", "in_one_thread", 1);
    const command given = {
        .words = {HEAPGATE, "run", "-c", suite, "--cross-check", "memcheck", "--out", folder, NULL}};
    command_result result = command_run(&given);
    cr_assert(eq(int, result.exit_code, 1), "%s\n%s%s", result.line, result.out, result.err);
    expect_part(result.out, "memcheck agrees: 3.91 KiB lost per op (20 ops)");
    expect_parts(folder, "report.md", PARTS("memcheck agrees: 3.91 KiB lost per op"));
    free(suite);
    command_result_free(&result);
    folder_remove(folder);
}
