/*
 * Goal: with --children each process that the program starts is counted for itself, and judged if it has
 * rounds enough.
 */
#include "exec_run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const workers[] = {PROGRAM("forks"), "900", "1000", NULL};

Test(exec_children, the_worker_that_leaks_is_told_from_the_one_that_does_not)
{
    checked done = exec_run(OPTIONS("--children", "--round-every", "50ms"), workers);
    cr_assert(eq(sz, checked_cells(&done), 3), "%s\n%s", done.result.line, done.result.err);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 0), "verdict"), "clean"), "%s", done.result.line);
    size_t leaks = 0;
    for (size_t i = 1; i < 3; i++) {
        const json_t *cell = checked_cell(&done, i);
        bool leak = strcmp(text_of(cell, "verdict"), "leak") == 0;
        leaks += leak;
        cr_assert(leak || strcmp(text_of(cell, "verdict"), "clean") == 0, "%s: %s", text_of(cell, "reason"),
                  done.result.line);
        cr_assert(eq(int, strncmp(text_of(cell, "workload"), "forks-child-", 12), 0));
        if (leak)
            cr_assert(eq(str, (char *)text_of(culprit_of(cell, 0), "function"), "serve"));
    }
    cr_assert(eq(sz, leaks, 1), "%s", done.result.line);
    cr_assert(eq(int, done.result.exit_code, 1));
    cr_assert(eq(str, done.result.out, "all workers ended\n"));
    checked_free(&done);
}

static const json_t *cell_with(const checked *done, const char *words)
{
    for (size_t i = 0; i < checked_cells(done); i++)
        if (strstr(text_of(checked_cell(done, i), "reason"), words))
            return checked_cell(done, i);
    return NULL;
}

Test(exec_children, each_is_told_by_its_process_and_title_and_a_leak_of_many_is_shown_once)
{
    static const char both[] =
        PROGRAM("serves") " clock 400 2000 & " PROGRAM("serves") " clock 401 2000 & wait";
    checked done = exec_run(OPTIONS("--children", "--round-every", "20ms"), OPTIONS("/bin/sh", "-c", both));
    cr_assert(eq(sz, checked_cells(&done), 3), "%s\n%s", done.result.line, done.result.err);
    cr_assert(eq(int, done.result.exit_code, 1), "%s", done.result.line);
    const json_t *first = cell_with(&done, " clock 400 2000)");
    const json_t *second = cell_with(&done, " clock 401 2000)");
    cr_assert(first && second, "%s", done.result.line);
    const json_t *later = cell_with(&done, "; the call paths are those of serves-child-1");
    cr_assert(later == first || later == second, "%s", done.result.line);
    cr_assert(eq(str, (char *)text_of(later, "verdict"), "leak"));
    cr_assert(eq(sz, json_array_size(json_object_get(later, "sites")), 0), "%s", done.result.line);
    const json_t *shown = later == first ? second : first;
    cr_assert(eq(str, (char *)text_of(culprit_of(shown, 0), "function"), "open_session"), "%s",
              done.result.line);
    cr_assert(ne(ptr, (void *)strstr(text_of(shown, "reason"), "; process "), NULL), "%s",
              text_of(shown, "reason"));
    checked_free(&done);
}

/* As a script that ends in the server that it starts. */
Test(exec_children, one_that_becomes_another_program_is_counted_as_that)
{
    static const char script[] = "(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exec " PROGRAM(
        "serves") " clean 600 1000) & wait";
    checked done = exec_run(OPTIONS("--children", "--warmup", "8"), OPTIONS("/bin/sh", "-c", script));
    cr_assert(eq(sz, checked_cells(&done), 2), "%s\n%s", done.result.line, done.result.err);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 1), "workload"), "serves-child-1"), "%s",
              done.result.line);
    cr_assert(eq(str, (char *)text_of(checked_cell(&done, 1), "verdict"), "clean"), "%s",
              text_of(checked_cell(&done, 1), "reason"));
    checked_free(&done);
}

Test(exec_children, without_the_option_children_run_on_uncounted)
{
    checked done = exec_run(OPTIONS("--round-every", "50ms"), workers);
    exec_expect(&done, "clean", 0);
    cr_assert(eq(str, done.result.out, "all workers ended\n"));
    checked_free(&done);
}
