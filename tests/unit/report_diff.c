/* Two runs compared: a run with one thing changed against itself, and what the comparison says of that
 * thing. */
#include "diff/diff.h"
#include "diff/diff_report.h"
#include "report_checks.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define CELL 0 /* schema-storm, before, glibc: leaks */

static const hg_diff_names names = {"a/run.json", "b/run.json"};

/* What the only cell that changed says; the runs are freed with it. */
typedef struct compared {
    hg_run *a, *b;
    hg_diff *diff;
} compared;

static compared compare(hg_run *a, hg_run *b)
{
    compared made = {a, b, hg_diff_new(a, b, NULL, NULL)};

    cr_assert_not_null(made.diff);
    return made;
}

static void release(compared *made)
{
    hg_diff_free(made->diff);
    hg_run_free(made->a);
    hg_run_free(made->b);
}

static hg_site *leak_of(hg_run *run)
{
    return &run->cells[CELL].sites[0];
}

static void set_rate(hg_run *run, double rate, double error)
{
    run->cells[CELL].bytes_per_op = leak_of(run)->bytes_per_op = rate;
    run->cells[CELL].bytes_per_op_error = leak_of(run)->bytes_per_op_error = error;
}

Test(report_diff, a_run_is_the_same_as_itself)
{
    compared made = compare(fixture_toka(), fixture_toka());

    cr_expect_eq(made.diff->cell_count, 24);
    cr_expect_eq(hg_diff_count(made.diff, HG_CHANGE_SAME), 12);
    for (int change = HG_CHANGE_NEW; change < HG_CHANGE_SAME; change++)
        cr_expect_eq(hg_diff_count(made.diff, (hg_change)change), 0);
    for (size_t i = 0; i < made.diff->cell_count; i++)
        cr_expect_not(hg_diff_is_changed(&made.diff->cells[i]));
    cr_expect_eq(hg_diff_exit_code(made.diff), 0);
    cr_expect_eq(made.diff->only_a_count + made.diff->only_b_count, 0);
    release(&made);
}

Test(report_diff, the_order_of_the_cells_does_not_matter)
{
    hg_run *b = fixture_toka();

    for (size_t i = 0; i < b->cell_count / 2; i++) {
        hg_cell swapped = b->cells[i];
        b->cells[i] = b->cells[b->cell_count - 1 - i];
        b->cells[b->cell_count - 1 - i] = swapped;
    }
    compared made = compare(fixture_toka(), b);
    cr_expect_eq(hg_diff_count(made.diff, HG_CHANGE_SAME), 12);
    cr_expect_eq(hg_diff_exit_code(made.diff), 0);
    release(&made);
}

static void expect_rates(double a, double a_error, double b, double b_error, hg_change expected)
{
    hg_run *first = fixture_toka(), *second = fixture_toka();

    set_rate(first, a, a_error);
    set_rate(second, b, b_error);
    compared made = compare(first, second);
    cr_expect_eq(made.diff->cells[CELL].change, expected, "%g ± %g to %g ± %g", a, a_error, b, b_error);
    cr_expect_eq(made.diff->cells[CELL].sites[0].change, expected, "%g ± %g to %g ± %g", a, a_error, b,
                 b_error);
    cr_expect_eq(hg_diff_exit_code(made.diff), expected == HG_CHANGE_WORSE ? 1 : 0);
    release(&made);
}

Test(report_diff, worse_and_better_lie_beyond_the_errors_of_both)
{
    expect_rates(100, 0, 120, 0, HG_CHANGE_WORSE);
    expect_rates(120, 0, 100, 0, HG_CHANGE_BETTER);
    expect_rates(100, 5, 120, 5, HG_CHANGE_SAME); /* 3 x 7.07 */
    expect_rates(100, 5, 122, 5, HG_CHANGE_WORSE);
    expect_rates(122, 5, 100, 5, HG_CHANGE_BETTER);
    expect_rates(100, 0, 100.9, 0, HG_CHANGE_SAME); /* nearer than a control is recovered */
    expect_rates(100, 0, 102, 0, HG_CHANGE_WORSE);
    expect_rates(1e-3, 0, 1e3, 400, HG_CHANGE_SAME);
}

Test(report_diff, a_leak_in_one_run_only_is_new_or_fixed)
{
    hg_run *clean = fixture_toka();

    clean->cells[CELL].verdict = HG_VERDICT_CLEAN;
    clean->cells[CELL].bytes_per_op = 0;
    clean->cells[CELL].sites[0].growth_class = HG_CLASS_TRANSIENT;
    clean->cells[CELL].sites[0].bytes_per_op = 0;
    compared made = compare(clean, fixture_toka());
    cr_expect_eq(made.diff->cells[CELL].change, HG_CHANGE_NEW);
    cr_expect_eq(made.diff->cells[CELL].sites[0].change, HG_CHANGE_NEW);
    cr_expect_null(made.diff->cells[CELL].sites[0].a.site);
    cr_expect_eq(hg_diff_exit_code(made.diff), 1);

    hg_diff *back = hg_diff_new(made.b, made.a, NULL, NULL);
    cr_expect_eq(back->cells[CELL].change, HG_CHANGE_FIXED);
    cr_expect_eq(back->cells[CELL].sites[0].change, HG_CHANGE_FIXED);
    cr_expect_null(back->cells[CELL].sites[0].b.site);
    cr_expect_eq(hg_diff_exit_code(back), 0);
    hg_diff_free(back);

    made.a->cells[CELL].min_detectable_bytes_per_op = 1e6;
    back = hg_diff_new(made.b, made.a, NULL, NULL);
    cr_expect_eq(back->cells[CELL].sites[0].change, HG_CHANGE_UNCLEAR,
                 "what could not have been seen is not called fixed");
    hg_diff_free(back);
    back = hg_diff_new(made.a, made.b, NULL, NULL);
    cr_expect_eq(back->cells[CELL].sites[0].change, HG_CHANGE_UNCLEAR, "nor new");
    hg_diff_free(back);
    release(&made);
}

Test(report_diff, a_leak_without_a_site_is_told_by_its_cell)
{
    hg_run *b = fixture_toka();
    hg_cell *files = &b->cells[1];

    cr_assert_eq(files->verdict, HG_VERDICT_CLEAN);
    files->verdict = HG_VERDICT_LEAK; /* open files grow: no site says so */
    compared made = compare(fixture_toka(), b);
    cr_expect_eq(made.diff->cells[1].change, HG_CHANGE_NEW);
    cr_expect_eq(made.diff->cells[1].site_count, 0);
    cr_expect_eq(hg_diff_exit_code(made.diff), 1);
    release(&made);
}

/* The other run gains memory on the path, but not steadily enough to call it a leak. */
Test(report_diff, a_leak_that_the_other_run_is_not_sure_of_is_unclear)
{
    hg_run *unsure = fixture_toka();

    leak_of(unsure)->growth_class = HG_CLASS_ONE_TIME;
    leak_of(unsure)->bytes_per_op_error = leak_of(unsure)->bytes_per_op / 4;
    leak_of(unsure)->bytes_per_op *= 1.5;
    compared made = compare(unsure, fixture_toka());
    cr_expect_eq(made.diff->cells[CELL].sites[0].change, HG_CHANGE_UNCLEAR);
    cr_expect(made.diff->cells[CELL].sites[0].b.leaks);
    cr_expect_not(made.diff->cells[CELL].sites[0].a.leaks);
    hg_diff *back = hg_diff_new(made.b, made.a, NULL, NULL);
    cr_expect_eq(back->cells[CELL].sites[0].change, HG_CHANGE_UNCLEAR);
    cr_expect_eq(hg_diff_exit_code(back), 0);
    hg_diff_free(back);

    leak_of(unsure)->bytes_per_op = 1;
    leak_of(unsure)->bytes_per_op_error = 1;
    back = hg_diff_new(made.a, made.b, NULL, NULL);
    cr_expect_eq(back->cells[CELL].sites[0].change, HG_CHANGE_NEW, "too far apart to be the same");
    hg_diff_free(back);
    release(&made);
}

/* A site that no rate was settled for has survivors of its rounds all the same. */
Test(report_diff, survivors_without_a_rate_are_looked_at)
{
    hg_run *unsure = fixture_toka();
    hg_site *site = leak_of(unsure);

    site->growth_class = HG_CLASS_ONE_TIME;
    site->bytes_per_op = 0;
    for (size_t i = 0; i < site->epoch_count; i++)
        site->survivor_bytes[i] *= i % 3 == 0 ? 3 : 0;
    compared made = compare(unsure, fixture_toka());
    cr_expect_eq(made.diff->cells[CELL].sites[0].change, HG_CHANGE_UNCLEAR);
    for (size_t i = 0; i < site->epoch_count; i++)
        site->survivor_bytes[i] = i == 0 ? 1 << 20 : 0; /* all from warm-up */
    hg_diff *again = hg_diff_new(made.a, made.b, NULL, NULL);
    cr_expect_eq(again->cells[CELL].sites[0].change, HG_CHANGE_NEW);
    hg_diff_free(again);
    release(&made);
}

Test(report_diff, a_cell_that_failed_is_unclear_and_nothing_is_fixed_by_it)
{
    hg_run *b = fixture_toka();

    b->cells[CELL].verdict = HG_VERDICT_FAILED;
    for (size_t i = 0; i < b->cells[CELL].site_count; i++)
        b->cells[CELL].sites[i].growth_class = HG_CLASS_TRANSIENT;
    compared made = compare(fixture_toka(), b);
    cr_expect_eq(made.diff->cells[CELL].change, HG_CHANGE_UNCLEAR);
    cr_expect_eq(hg_diff_count(made.diff, HG_CHANGE_FIXED), 0);
    cr_expect_eq(hg_diff_exit_code(made.diff), 3);
    release(&made);
}

Test(report_diff, a_function_with_another_name_and_the_same_rate_is_likely_renamed)
{
    hg_run *b = fixture_toka();

    fixture_set(&leak_of(b)->frames[1].function, "check_one_schema");
    compared made = compare(fixture_toka(), b);
    const hg_site_diff *site = &made.diff->cells[CELL].sites[0];
    cr_expect_eq(made.diff->cells[CELL].site_count, 1);
    cr_expect_eq(site->change, HG_CHANGE_SAME);
    cr_expect(site->renamed);
    cr_expect_eq(site->renamed_frame, 1);
    cr_expect_eq(hg_diff_exit_code(made.diff), 0);
    release(&made);

    b = fixture_toka();
    fixture_set(&leak_of(b)->frames[1].function, "check_one_schema");
    set_rate(b, 2 * leak_of(b)->bytes_per_op, 0);
    made = compare(fixture_toka(), b);
    cr_expect_eq(made.diff->cells[CELL].site_count, 2, "another rate is another leak");
    cr_expect_eq(made.diff->cells[CELL].sites[0].change, HG_CHANGE_NEW);
    cr_expect_eq(made.diff->cells[CELL].sites[1].change, HG_CHANGE_FIXED);
    cr_expect_eq(hg_diff_exit_code(made.diff), 1);
    release(&made);
}

/* The other sites of the cell become leaks by the same path: only their lines differ. */
Test(report_diff, sites_on_one_path_count_as_one)
{
    hg_run *runs[2];

    for (int i = 0; i < 2; i++) {
        runs[i] = fixture_toka();
        hg_site *twin = &runs[i]->cells[CELL].sites[1];
        cr_assert_gt(twin->frame_count, 1);
        twin->growth_class = HG_CLASS_LEAK;
        twin->bytes_per_op = 10;
        twin->bytes_per_op_error = 3;
        while (twin->frame_count > 0)
            hg_frame_clear(&twin->frames[--twin->frame_count]);
        free(twin->frames);
        twin->frames = calloc(3, sizeof *twin->frames);
        twin->frame_count = 3;
        for (size_t k = 0; k < 3; k++) {
            fixture_set(&twin->frames[k].function, leak_of(runs[i])->frames[k].function);
            fixture_set(&twin->frames[k].module, leak_of(runs[i])->frames[k].module);
            fixture_set(&twin->frames[k].file, "elsewhere.c");
        }
        set_rate(runs[i], 100, 4);
    }
    compared made = compare(runs[0], runs[1]);
    cr_expect_eq(made.diff->cells[CELL].site_count, 1);
    cr_expect_float_eq(made.diff->cells[CELL].sites[0].b.bytes_per_op, 110, 1e-9);
    cr_expect_float_eq(made.diff->cells[CELL].sites[0].b.bytes_per_op_error, 5, 1e-9);
    release(&made);
}

Test(report_diff, cells_of_one_run_only_are_listed_and_not_compared)
{
    hg_run *b = fixture_toka();

    fixture_set(&b->cells[3].workload, "another-storm");
    compared made = compare(fixture_toka(), b);
    cr_expect_eq(made.diff->cell_count, 23);
    cr_assert_eq(made.diff->only_a_count, 1);
    cr_assert_eq(made.diff->only_b_count, 1);
    cr_expect_eq(made.diff->only_a[0], &made.a->cells[3]);
    cr_expect_eq(made.diff->only_b[0], &made.b->cells[3]);
    release(&made);
}

Test(report_diff, two_subjects_of_one_run_are_compared)
{
    hg_run *run = fixture_toka();
    hg_diff *diff = hg_diff_new(run, run, "before", "after");

    cr_expect_eq(diff->cell_count, 12);
    cr_expect_eq(hg_diff_count(diff, HG_CHANGE_FIXED), 12);
    cr_expect_eq(hg_diff_exit_code(diff), 0);
    hg_diff_free(diff);
    diff = hg_diff_new(run, run, "after", "before");
    cr_expect_eq(hg_diff_count(diff, HG_CHANGE_NEW), 12);
    cr_expect_eq(hg_diff_exit_code(diff), 1);
    hg_diff_free(diff);
    diff = hg_diff_new(run, run, "before", "nobody");
    cr_expect_eq(diff->cell_count, 0);
    cr_expect_eq(diff->only_a_count, 12);
    hg_diff_free(diff);
    hg_run_free(run);
}

static hg_run *changed_toka(void)
{
    hg_run *run = fixture_troubled();

    set_rate(run, 20000, 1);
    fixture_set(&run->cells[2].sites[0].frames[1].function, "check_one_schema");
    fixture_set(&run->started, "2026-01-09T03:04:05Z");
    fixture_set(&run->cells[9].workload, "storm-of-tomorrow");
    return run;
}

static char *text_of(const hg_diff *diff, int format, size_t *ret_size)
{
    const hg_report_options options = {.verbose = false, .unicode = true};
    FILE *stream = tmpfile();

    cr_assert_not_null(stream);
    if (format == 0)
        hg_diff_text(diff, &names, &options, stream);
    else if (format == 1)
        hg_diff_json(diff, &names, stream);
    else if (format == 2)
        cr_assert(hg_diff_markdown(diff, &names, stream));
    else
        hg_diff_html(diff, &names, stream);
    char *text = fixture_read_stream(stream, ret_size);
    fclose(stream);
    return text;
}

Test(report_diff, reports_are_what_they_were)
{
    static const char *const files[] = {"diff.txt", "diff.json", "diff.md", "diff.html"};
    compared made = compare(fixture_toka(), changed_toka());

    for (int format = 0; format < 4; format++) {
        char *text = text_of(made.diff, format, NULL);
        checks_golden(files[format], text);
        free(text);
    }
    release(&made);
}

Test(report_diff, hostile_names_are_harmless_in_every_report)
{
    hg_run *b = fixture_hostile();

    b->cells[0].sites[0].bytes_per_op = 1e9;
    compared made = compare(fixture_hostile(), b);
    cr_expect_eq(hg_diff_count(made.diff, HG_CHANGE_WORSE), 1);
    for (int format = 0; format < 4; format++) {
        size_t size;
        char *text = text_of(made.diff, format, &size);
        checks_harmless(text, size, format != 1);
        if (format == 1) {
            json_t *document = json_loadb(text, size, 0, NULL);
            cr_expect_not_null(document);
            json_decref(document);
        }
        free(text);
    }
    release(&made);
}

static size_t occurrences(const char *text, const char *piece)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, piece)); at += strlen(piece))
        found++;
    return found;
}

Test(report_diff, a_page_of_equal_runs_says_so)
{
    compared made = compare(fixture_toka(), fixture_toka());
    char *page = text_of(made.diff, 3, NULL);

    cr_expect_eq(occurrences(page, "<h1>No difference</h1>"), 1);
    cr_expect_eq(occurrences(page, "24 cells without a difference"), 1);
    cr_expect_eq(occurrences(page, "class=\"flame\""), 0);
    free(page);
    release(&made);
}

Test(report_diff, a_page_is_red_where_it_grows_faster_and_blue_where_it_grew_faster)
{
    hg_run *a = fixture_check(), *b = fixture_check();
    hg_run *other = fixture_check();
    hg_site *sites = calloc(2, sizeof *sites);

    sites[0] = other->cells[0].sites[0];
    other->cells[0].sites[0] = (hg_site){0};
    fixture_set(&sites[0].frames[0].function, "parse_body");
    fixture_set(&sites[0].frames[1].function, "parse_all");
    sites[1] = b->cells[0].sites[1];
    hg_site_clear(&b->cells[0].sites[0]);
    free(b->cells[0].sites);
    b->cells[0].sites = sites;
    compared made = compare(a, b);
    char *page = text_of(made.diff, 3, NULL);
    cr_expect_eq(occurrences(page, "class=\"flame\""), 1);
    cr_expect_eq(occurrences(page, " up3\" style=--d:3;--x:5000;--w:5000 title=\"\u25b2 parse_body\n") +
                     occurrences(page, " up3\" style=--d:3;--w:5000 title=\"\u25b2 parse_body\n"),
                 1);
    cr_expect_eq(occurrences(page, "title=\"\u25bc parse_header\n"), 1);
    cr_expect_eq(occurrences(page, "\n48 B \u2192 0 B per op, \u221248 B\">"), 4);
    cr_expect_eq(occurrences(page, "title=\"heapgate_iterate\n"), 1, "as much as before in all");
    free(page);
    release(&made);
    hg_run_free(other);
}

Test(report_diff, a_page_names_the_cells_of_one_side)
{
    hg_run *b = fixture_toka();

    fixture_set(&b->cells[9].workload, "storm <of> tomorrow");
    compared made = compare(fixture_toka(), b);
    char *page = text_of(made.diff, 3, NULL);
    cr_expect_eq(occurrences(page, "<h2>Only in A</h2>\n<p>1 cell, not compared:</p>"), 1);
    cr_expect_eq(occurrences(page, "<li>storm &lt;of&gt; tomorrow, "), 1);
    free(page);
    release(&made);
}

Test(report_diff, a_comment_stays_within_its_bound)
{
    hg_run *a = fixture_many(1500), *b = fixture_many(1500);
    size_t size;

    for (size_t i = 0; i < b->cell_count; i++)
        for (size_t k = 0; k < b->cells[i].site_count; k++)
            b->cells[i].sites[k].bytes_per_op *= 2;
    compared made = compare(a, b);
    cr_expect_gt(hg_diff_count(made.diff, HG_CHANGE_WORSE), 800);
    char *text = text_of(made.diff, 2, &size);
    cr_expect_lt(size, 65536);
    cr_expect_gt(size, 40000);
    cr_expect_not_null(strstr(text, "more rows did not fit"));
    free(text);
    release(&made);
}
