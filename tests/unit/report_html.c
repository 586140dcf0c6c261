/* Properties that the page keeps whatever is in the run; how it looks is for tests/e2e/html_page.sh and for
 * eyes. */
#include "html_scale.h"
#include "report_fixture.h"
#include "reports.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *page_of(hg_run *run, size_t *ret_size)
{
    FILE *stream = tmpfile();

    cr_assert(hg_report_find("html")->write(run, NULL, stream));
    char *text = fixture_read_stream(stream, ret_size);
    fclose(stream);
    hg_run_free(run);
    return text;
}

static size_t count(const char *text, const char *piece)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, piece)); at += strlen(piece))
        found++;
    return found;
}

Test(report_html, hostile_names_stay_text)
{
    char *page = page_of(fixture_hostile(), NULL);

    cr_expect_eq(count(page, "<script"), 0);
    cr_expect_eq(count(page, "<img"), 0);
    cr_expect_eq(count(page, "</title>"), 1 + count(page, "<svg role=\"img\" aria-labelledby="));
    cr_expect_eq(count(page, "</table>"), count(page, "<table"));
    cr_expect_gt(count(page, "&lt;script&gt;alert(&#39;w&#39;)"), 0);
    cr_expect_eq(count(page, "\x1b"), 0);
    cr_expect_eq(count(page, "\xe2\x80\xae"), 0);
    cr_expect_null(strchr(page, '\xff'));
    free(page);
}

Test(report_html, every_element_that_opens_closes)
{
    static const char *const names[] = {"details", "summary", "section", "table", "tr", "td",
                                        "div",     "svg",     "figure",  "dl",    "ol", "li",
                                        "code",    "strong",  "p",       "span"};
    char *page = page_of(fixture_troubled(), NULL);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char open[2][32], close[32];
        snprintf(open[0], sizeof open[0], "<%s>", names[i]);
        snprintf(open[1], sizeof open[1], "<%s ", names[i]);
        snprintf(close, sizeof close, "</%s>", names[i]);
        cr_expect_eq(count(page, open[0]) + count(page, open[1]), count(page, close), "%s", names[i]);
        cr_expect_gt(count(page, close), 0, "%s", names[i]);
    }
    free(page);
}

Test(report_html, nothing_is_fetched_and_nothing_runs)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "http:"), 0);
    cr_expect_eq(count(page, "https:"), 0);
    cr_expect_eq(count(page, "url("), 0);
    cr_expect_eq(count(page, " src="), 0);
    cr_expect_eq(count(page, "default-src 'none'"), 1);
    free(page);
}

Test(report_html, each_workload_has_a_chart_for_each_allocator)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "class=\"workload\""), 6);
    cr_expect_eq(count(page, "<figcaption>Live memory on glibc"), 6);
    cr_expect_eq(count(page, "<figcaption>Live memory on jemalloc"), 6);
    cr_expect_eq(count(page, "class=\"spark\""), 12);
    cr_expect_eq(count(page, "class=\"cell\""), 24);
    cr_expect_eq(count(page, "&minus;100&nbsp;%"), 12);
    free(page);
}

Test(report_html, the_default_suite_fits_a_mebibyte)
{
    size_t size;

    free(page_of(fixture_many(24), &size));
    cr_expect_lt(size, (size_t)1 << 20);
    free(page_of(fixture_many(200), &size));
    cr_expect_lt(size, (size_t)3 << 20);
}

Test(report_html, long_names_are_cut)
{
    size_t size;

    free(page_of(fixture_hostile(), &size));
    cr_expect_lt(size, 40000);
}

Test(report_html, a_run_without_cells_is_a_page_that_says_failed)
{
    char *page = page_of(hg_run_new(), NULL);

    cr_expect_not_null(strstr(page, "Failed</span> 0 of 0 cells as expected"));
    cr_expect_not_null(strstr(page, "measured nothing"));
    free(page);
}

Test(report_html, a_cell_twice_gets_a_row_each)
{
    hg_run *run = fixture_check();
    hg_cell *twin = hg_run_add_cell(run);

    fixture_set(&twin->workload, run->cells[0].workload);
    fixture_set(&twin->subject, run->cells[0].subject);
    fixture_set(&twin->allocator, run->cells[0].allocator);
    char *page = page_of(run, NULL);
    cr_expect_not_null(strstr(page, "<th scope=\"col\">Subject</th>"));
    cr_expect_eq(count(page, "class=\"cell\""), 2);
    free(page);
}

Test(report_html, ticks_are_round)
{
    hg_scale bytes = hg_scale_bytes(0, 96.7 * 1024 * 1024, 4);
    hg_scale ops = hg_scale_counts(0, 12000, 4);
    hg_scale nothing = hg_scale_bytes(0, 0, 4);

    cr_expect_float_eq(bytes.step, 50.0 * 1024 * 1024, 1e-6);
    cr_expect_float_eq(bytes.high, 100.0 * 1024 * 1024, 1e-6);
    cr_expect_float_eq(ops.step, 5000, 1e-9);
    cr_expect_gt(nothing.high, nothing.low);
    cr_expect_gt(nothing.step, 0);
}

Test(report_html, places_outside_an_axis_are_put_at_its_ends)
{
    hg_scale scale = hg_scale_counts(0, 100, 4);

    scale.from = 200;
    scale.to = 10;
    cr_expect_float_eq(hg_scale_at(&scale, -5), 200, 1e-9);
    cr_expect_float_eq(hg_scale_at(&scale, scale.high * 2), 10, 1e-9);
    cr_expect_float_eq(hg_scale_at(&scale, scale.high / 2), 105, 1e-9);
}
