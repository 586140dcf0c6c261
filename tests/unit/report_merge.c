/* Shards joined: a run taken apart and put together again. */
#include "model/merge.h"
#include "model/run_file.h"
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

/* Shard `number` of `count`, as heapgate run --shard leaves it. */
static hg_run *numbered_shard(uint32_t number, uint32_t count)
{
    hg_run *run = fixture_toka();
    size_t all = run->cell_count;

    hg_run_free(run);
    run = shard(fixture_toka, number - 1, count);
    for (size_t i = 0; i < run->cell_count; i++)
        run->cells[i].number = (uint32_t)(number + i * count);
    run->part.numbers = calloc(1, sizeof(int64_t));
    run->part.numbers[0] = number;
    run->part.number_count = 1;
    run->part.shards = count;
    run->part.cells = run->cell_count;
    run->part.suite_cells = all;
    return run;
}

static char *text_of_run(const hg_run *run)
{
    FILE *stream = tmpfile();
    size_t size;

    hg_run_write(run, stream);
    rewind(stream);
    char *text = fixture_read_stream(stream, &size);
    fclose(stream);
    return text;
}

/* Joins and forgets the shard. */
static hg_merge_status join(hg_run *into, hg_run *from, bool replace)
{
    size_t cell;
    hg_merge_status status = hg_run_merge(into, from, replace, &cell);

    hg_run_free(from);
    return status;
}

Test(report_merge, all_shards_in_any_order_are_the_whole_run_to_the_byte)
{
    const uint32_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}};

    for (size_t i = 0; i < 3; i++) {
        hg_run *whole = fixture_toka();
        hg_run *into = numbered_shard(orders[i][0], 3);
        hg_part_lack lack;
        for (size_t k = 1; k < 3; k++) {
            cr_expect_not(hg_run_make_whole(into, &lack));
            cr_assert_eq(join(into, numbered_shard(orders[i][k], 3), false), HG_MERGE_DONE);
        }
        cr_expect(hg_run_make_whole(into, &lack));
        into->duration_seconds = whole->duration_seconds;
        char *expected = text_of_run(whole), *text = text_of_run(into);
        cr_expect_str_eq(text, expected);
        free(expected);
        free(text);
        hg_run_free(into);
        hg_run_free(whole);
    }
}

Test(report_merge, what_is_missing_is_told)
{
    hg_run *into = numbered_shard(4, 8);
    hg_part_lack lack;

    cr_assert_eq(join(into, numbered_shard(2, 8), false), HG_MERGE_DONE);
    cr_expect_eq(into->part.numbers[0], 2);
    cr_expect_eq(into->part.numbers[1], 4);
    cr_assert_not(hg_run_make_whole(into, &lack));
    cr_expect_eq(lack.shards, 6);
    cr_expect_eq(lack.first[0], 1);
    cr_expect_eq(lack.first[1], 3);
    cr_expect_eq(lack.first[2], 5);
    cr_expect_eq(lack.cells, 18);
    cr_expect_eq(lack.interrupted, 0);
    hg_cell_clear(&into->cells[--into->cell_count]);
    cr_assert_not(hg_run_make_whole(into, &lack));
    cr_expect_eq(lack.interrupted, 1, "a shard was stopped before its last cell");
    hg_run_free(into);
}

Test(report_merge, shards_that_do_not_fit_together_are_refused)
{
    hg_run *into = numbered_shard(1, 3);
    hg_run *other = numbered_shard(2, 3);

    cr_expect_eq(join(into, numbered_shard(2, 4), true), HG_MERGE_OTHER_SHARDS);
    other->part.suite_cells++;
    cr_expect_eq(join(into, other, true), HG_MERGE_OTHER_SHARDS);
    cr_expect_eq(join(into, numbered_shard(1, 3), false), HG_MERGE_SAME_SHARD);
    other = numbered_shard(2, 3);
    other->cells[0].seed++;
    cr_expect_eq(join(into, other, false), HG_MERGE_OTHER_SEED);
    cr_expect_eq(into->cell_count, 8);
    cr_expect_eq(into->part.number_count, 1);
    hg_run_free(into);
}

Test(report_merge, a_shard_or_a_cell_run_again_keeps_its_place)
{
    hg_run *into = numbered_shard(1, 3);
    hg_run *again = numbered_shard(2, 3);
    hg_part_lack lack;

    cr_assert_eq(join(into, numbered_shard(1, 3), true), HG_MERGE_DONE);
    cr_expect_eq(into->part.cells, 8);
    cr_assert_eq(join(into, numbered_shard(2, 3), false), HG_MERGE_DONE);
    free(again->part.numbers);
    again->part = (hg_part){0};
    for (size_t i = 0; i < again->cell_count; i++)
        again->cells[i].number = 0;
    cr_assert_eq(join(into, again, true), HG_MERGE_DONE);
    cr_assert_eq(join(into, numbered_shard(3, 3), false), HG_MERGE_DONE);
    for (size_t i = 0; i < into->cell_count; i++)
        cr_expect_eq(into->cells[i].number, i + 1);
    cr_expect(hg_run_make_whole(into, &lack));
    hg_run_free(into);
}

Test(report_merge, an_empty_shard_passes_and_an_empty_run_does_not)
{
    hg_run *empty = numbered_shard(30, 30);
    hg_run *nothing = hg_run_new();

    cr_assert_eq(empty->cell_count, 0);
    cr_expect_eq(hg_run_exit_code(empty), 0);
    cr_expect_eq(hg_run_exit_code(nothing), 4);
    empty->part.cells = 1;
    cr_expect_eq(hg_run_exit_code(empty), 4, "it was stopped before its first cell");
    hg_run_free(empty);
    hg_run_free(nothing);
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
