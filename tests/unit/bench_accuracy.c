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

Test(tally, quantiles_are_values_that_were_seen_and_do_not_depend_on_order)
{
    double odd[] = {5, 1, 4, 2, 3};
    double many[100];
    cr_expect(eq(dbl, tally_quantile(odd, 5, 0.5), 3));
    cr_expect(eq(dbl, tally_quantile(odd, 5, 0), 1));
    cr_expect(eq(dbl, tally_quantile(odd, 5, 1), 5));
    cr_expect(eq(dbl, tally_quantile(odd, 0, 0.5), 0));
    for (size_t i = 0; i < 100; i++)
        many[i] = (double)((i * 11) % 100 + 1);
    cr_expect(eq(dbl, tally_quantile(many, 100, 0.95), 95));
}

static void expect_line(const char *text, const char *line)
{
    cr_expect(strstr(text, line) != NULL, "no line \"%s\" in\n%s", line, text);
}

Test(tally, table_tells_false_alarms_from_leaks_that_were_found)
{
    char *text = NULL;
    size_t size = 0;
    tally all = {0};
    const tally_cell cells[] = {
        {.kind = TALLY_CONTROL,
         .leaks = true,
         .verdict = TALLY_LEAK,
         .culprit = true,
         .rate_known = true,
         .rate_right = true,
         .seconds = 1},
        {.kind = TALLY_CONTROL, .leaks = true, .verdict = TALLY_LEAK, .rate_known = true, .seconds = 2},
        {.kind = TALLY_CONTROL, .leaks = true, .verdict = TALLY_CLEAN, .seconds = 4, .name = "rare"},
        {.kind = TALLY_TOKA, .verdict = TALLY_FRAGMENTATION},
        {.kind = TALLY_CONTROL, .verdict = TALLY_CLEAN},
        {.kind = TALLY_CONTROL, .verdict = tally_verdict_of("inconclusive")},
        {.kind = TALLY_CONTROL, .verdict = tally_verdict_of("failed")},
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        cr_assert(tally_add(&all, &cells[i]));
    cr_expect(eq(sz, tally_count(&all, true), 3));
    cr_expect(eq(sz, tally_count(&all, false), 4));
    FILE *out = open_memstream(&text, &size);
    cr_assert(tally_print(&all, out));
    fclose(out);
    expect_line(text, "leaking: controls                                    1             2             0 ");
    expect_line(text, "healthy: libtoka, after                              0             0             1 ");
    expect_line(text, "false alarms                                  1      4  25.00 %");
    expect_line(text, "leaks called clean                            1      3  33.33 %");
    expect_line(text, "healthy, and exit 3 or 4                      2      4  50.00 %");
    expect_line(text, "culprit on top, of leaks found                1      2  50.00 %");
    expect_line(text, "rate within its stated error                  1      2  50.00 %");
    expect_line(text, "95th percentile 4.000, longest 4.000 (rare)");
    free(text);
    tally_free(&all);
}
