/*
 * Goal: the figures that are published about verdicts are computed rightly. Bounds are compared with tables
 * of the binomial distribution.
 */
#include "accuracy_tally.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect_bounds(size_t k, size_t n, double low, double high)
{
    double found_low, found_high;
    tally_bounds(k, n, &found_low, &found_high);
    cr_expect(epsilon_eq(dbl, found_low, low, 5e-5), "%zu of %zu", k, n);
    cr_expect(epsilon_eq(dbl, found_high, high, 5e-5), "%zu of %zu", k, n);
}

Test(tally, bounds_are_those_of_clopper_and_pearson)
{
    expect_bounds(5, 10, 0.18709, 0.81291);
    expect_bounds(0, 10, 0, 0.30850);
    expect_bounds(10, 10, 0.69150, 1);
    expect_bounds(1, 20, 0.00127, 0.24873);
    expect_bounds(0, 300, 0, 0.01222);
}

Test(tally, bounds_without_a_cell_are_anything)
{
    expect_bounds(0, 0, 0, 1);
}

Test(tally, median_lies_within_its_bounds_and_does_not_depend_on_order)
{
    double low, high;
    double odd[] = {5, 1, 4, 2, 3};
    double even[] = {4, 1, 3, 2};
    cr_expect(eq(dbl, tally_median(odd, 5, &low, &high), 3));
    cr_expect(eq(dbl, low, 1));
    cr_expect(eq(dbl, high, 5));
    cr_expect(eq(dbl, tally_median(even, 4, &low, &high), 2.5));
    double many[1001];
    for (size_t i = 0; i < 1001; i++)
        many[i] = (double)((i * 10) % 1001);
    cr_expect(eq(dbl, tally_median(many, 1001, &low, &high), 500));
    cr_expect(eq(dbl, low, 469));
    cr_expect(eq(dbl, high, 532));
}

Test(tally, table_tells_false_alarms_from_leaks_that_were_found)
{
    char *text = NULL;
    size_t size = 0;
    tally all = {0};
    const tally_cell cells[] = {
        {.kind = TALLY_CONTROL,
         .leaks = true,
         .found = true,
         .culprit = true,
         .rate_error = 0.01,
         .seconds = 1},
        {.kind = TALLY_CONTROL, .leaks = true, .rate_error = 1, .seconds = 2},
        {.kind = TALLY_TOKA, .found = true, .rate_error = -1, .busy = true},
        {.kind = TALLY_CONTROL, .rate_error = -1, .several_threads = true},
        {.kind = TALLY_CONTROL, .rate_error = -1, .inconclusive = true},
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        cr_assert(tally_add(&all, &cells[i]));
    cr_expect(eq(sz, tally_count(&all, true), 2));
    cr_expect(eq(sz, tally_count(&all, false), 3));
    FILE *out = open_memstream(&text, &size);
    cr_assert(tally_print(&all, out));
    fclose(out);
    cr_expect(strstr(text, "leaks found: controls                         1      2  50.00 %") != NULL, "%s",
              text);
    cr_expect(strstr(text, "false alarms: all clean cells                 1      3  33.33 %") != NULL, "%s",
              text);
    cr_expect(strstr(text, "machine busy                                1      1 100.00 %") != NULL, "%s",
              text);
    cr_expect(strstr(text, "inconclusive: all cells                       1      5  20.00 %") != NULL, "%s",
              text);
    cr_expect(strstr(text, "error of the rate                             1 cells, median 1.000 %") != NULL,
              "%s", text);
    free(text);
    tally_free(&all);
}
