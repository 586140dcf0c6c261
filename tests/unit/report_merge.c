/* Shards joined: a run taken apart and put together again. */
#include "merge.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The cells from start on, every step-th. */
static hg_run *shard(hg_run *(*make)(void), size_t start, size_t step)
{
    hg_run *run = make();
    size_t kept = 0;

    for (size_t i = 0; i < run->cell_count; i++) {
        if (i % step == start)
            run->cells[kept++] = run->cells[i];
        else
            hg_cell_clear(&run->cells[i]);
    }
    run->cell_count = kept;
    return run;
}

Test(report_merge, shards_make_the_whole_run)
{
    hg_run *whole = fixture_toka();
    hg_run *into = shard(fixture_toka, 0, 3);
    size_t cell = 99;

    for (size_t i = 1; i < 3; i++) {
        hg_run *from = shard(fixture_toka, i, 3);
        fixture_set(&from->started, i == 1 ? "2026-01-01T00:00:00Z" : "2026-02-01T00:00:00Z");
        fixture_set(&from->machine, i == 1 ? "another" : into->machine);
        cr_assert_eq(hg_run_merge(into, from, false, &cell), HG_MERGE_DONE);
        cr_expect_eq(from->cell_count, 0);
        hg_run_free(from);
    }
    cr_expect_eq(into->cell_count, whole->cell_count);
    cr_expect_eq(hg_run_exit_code(into), 0);
    cr_expect_eq(into->exit_code, 0);
    cr_expect_str_eq(into->started, "2026-01-01T00:00:00Z");
    cr_expect_str_eq(into->machine, "Linux 6.1.0, x86_64, 2 cores; another");
    cr_expect_float_eq(into->duration_seconds, 3 * whole->duration_seconds, 1e-9);
    cr_expect_eq(cell, 99);
    hg_run_free(into);
    hg_run_free(whole);
}

Test(report_merge, the_outcome_is_that_of_all_cells)
{
    hg_run *into = shard(fixture_troubled, 0, 2);
    hg_run *from = shard(fixture_troubled, 1, 2);
    size_t cell;

    cr_assert_neq(hg_run_exit_code(into), 5);
    cr_assert_eq(hg_run_merge(into, from, false, &cell), HG_MERGE_DONE);
    cr_expect_eq(hg_run_exit_code(into), 5, "the blind cell came from the second shard");
    hg_run_free(into);
    hg_run_free(from);
}

Test(report_merge, a_cell_in_both_is_refused_and_nothing_changes)
{
    hg_run *into = shard(fixture_toka, 0, 2);
    hg_run *from = fixture_toka();
    size_t cell = 99;

    cr_expect_eq(hg_run_merge(into, from, false, &cell), HG_MERGE_SAME_CELL);
    cr_expect_eq(cell, 0);
    cr_expect_eq(into->cell_count, 12);
    cr_expect_eq(from->cell_count, 24);
    hg_run_free(into);
    hg_run_free(from);
}

Test(report_merge, the_later_cell_counts_where_it_replaces)
{
    hg_run *into = fixture_troubled();
    hg_run *from = fixture_toka();
    size_t cell;

    cr_assert_neq(hg_run_exit_code(into), 0);
    cr_assert_eq(hg_run_merge(into, from, true, &cell), HG_MERGE_DONE);
    cr_expect_eq(into->cell_count, 24);
    cr_expect_eq(hg_run_exit_code(into), 0);
    hg_run_free(into);
    hg_run_free(from);
}

Test(report_merge, other_suites_and_versions_are_refused)
{
    hg_run *into = fixture_toka();
    hg_run *from = fixture_check();
    size_t cell;

    cr_expect_eq(hg_run_merge(into, from, true, &cell), HG_MERGE_OTHER_SUITE);
    fixture_set(&from->suite, "toka");
    fixture_set(&from->version, "9.9.9");
    cr_expect_eq(hg_run_merge(into, from, true, &cell), HG_MERGE_OTHER_VERSION);
    cr_expect_eq(into->cell_count, 24);
    cr_expect_eq(from->cell_count, 1);
    hg_run_free(into);
    hg_run_free(from);
}

static hg_run *empty_cells(size_t count, const char *workload)
{
    hg_run *run = hg_run_new();

    for (size_t i = 0; i < count; i++)
        fixture_set(&hg_run_add_cell(run)->workload, workload);
    return run;
}

Test(report_merge, no_more_cells_are_joined_than_can_be_read)
{
    hg_run *into = empty_cells(HG_RUN_MAX_CELLS, "a");
    hg_run *from = empty_cells(1, "b");
    size_t cell;

    cr_expect_eq(hg_run_merge(into, from, false, &cell), HG_MERGE_TOO_MANY);
    cr_expect_eq(into->cell_count, HG_RUN_MAX_CELLS);
    hg_run_free(into);
    hg_run_free(from);
}
