/*
 * Properties that the page keeps whatever is in the run; how it looks and what its script does is for
 * tests/e2e/html_page.c, and for eyes.
 */
#include "formats.h"
#include "html/html.h"
#include "html/html_scale.h"
#include "report_fixture.h"

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

    cr_expect_eq(count(page, "<script"), 1);
    cr_expect_eq(count(page, "</script"), 1);
    cr_expect_eq(count(page, "<img"), 0);
    cr_expect_eq(count(page, "</title>"), 1);
    cr_expect_eq(count(page, "</table>"), count(page, "<table"));
    cr_expect_gt(count(page, "&lt;script&gt;alert(&#39;w&#39;)"), 0);
    cr_expect_eq(count(page, "\x1b"), 0);
    cr_expect_eq(count(page, "\xe2\x80\xae"), 0);
    cr_expect_null(strchr(page, '\xff'));
    free(page);
}

Test(report_html, the_way_to_held_blocks_is_drawn_step_by_step)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_gt(count(page,
                       "<ol class=\"way\"><li>registry.table.slots[]</li>"
                       "<li>entry</li>"
                       "<li class=\"blocks\" title=\"for example registry.table.slots[7]\u2192entry\">"),
                 0);
    free(page);
}

Test(report_html, names_in_faults_stay_text)
{
    char *page = page_of(fixture_tortured(), NULL);

    cr_expect_eq(count(page, "<script"), 1);
    cr_expect_eq(count(page, "</summary>"), count(page, "<summary"));
    cr_expect_eq(count(page, "</pre>"), count(page, "<pre"));
    cr_expect_gt(count(page, "&lt;script&gt;|`w`"), 0);
    cr_expect_eq(count(page, "\x1b"), 0);
    cr_expect_null(strchr(page, '\xff'));
    free(page);
}

/* The tables of checkpoints leave out the end tags that HTML does not ask for. */
static void cut_samples(char *page)
{
    for (char *from; (from = strstr(page, "<details class=\"samples\">"));) {
        char *to = strstr(from, "</details>");
        cr_assert_not_null(to);
        memmove(from, to + strlen("</details>"), strlen(to) - strlen("</details>") + 1);
    }
}

static void expect_closed(hg_run *run)
{
    static const char *const names[] = {"details", "summary", "section", "table", "tr", "td",
                                        "div",     "svg",     "figure",  "dl",    "ol", "li",
                                        "code",    "strong",  "p",       "span"};
    char *page = page_of(run, NULL);

    cut_samples(page);
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

Test(report_html, every_element_that_opens_closes)
{
    expect_closed(fixture_troubled());
    expect_closed(fixture_tortured());
}

Test(report_html, nothing_is_fetched_and_only_the_pages_own_script_may_run)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "http:"), 0);
    cr_expect_eq(count(page, "https:"), 0);
    cr_expect_eq(count(page, "url("), 0);
    cr_expect_eq(count(page, " src="), 0);
    cr_expect_eq(count(page, "default-src 'none'"), 1);
    cr_expect_eq(count(page, "script-src 'sha256-"), 1);
    free(page);
}

Test(report_html, each_workload_has_charts_for_each_allocator)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "class=\"workload\""), 6);
    cr_expect_eq(count(page, "<b>Live memory</b>, glibc"), 6);
    size_t alike = count(page, "and, the same to 1 %, 1 more allocator");
    size_t drawn = count(page, "<b>Live memory</b>") + count(page, "<b>Live blocks</b>");
    cr_expect(drawn >= 12 && drawn < 24, "of allocators that look the same, the first is drawn");
    cr_expect_gt(alike, 0);
    cr_expect_eq(count(page, "<b>Live and resident memory</b>") + count(page, "<b>Memory</b> is level"), 24);
    cr_expect_eq(count(page, "<b>Alive at the end</b>"), 24);
    cr_expect_eq(count(page, "class=\"flame\"") + count(page, "The flame graph of <a"), 12);
    cr_expect_eq(count(page, "class=\"cell\""), 24);
    free(page);
}

/* With the probe and by processor time is another figure than without, by the wall clock. */
Test(report_html, a_workload_has_one_speed)
{
    hg_run *run = fixture_check();
    char *page = page_of(fixture_check(), NULL);

    cr_expect_eq(count(page, "Speed without the probe</th>"), 1);
    cr_expect_eq(count(page, "processor time"), 0);
    free(page);
    run->cells[0].speed = (hg_speed){0};
    page = page_of(run, NULL);
    cr_expect_eq(count(page, "Speed without the probe</th>"), 0);
    cr_expect_eq(count(page, "<b>Ops per second of processor time</b>"), 1);
    cr_expect_eq(count(page, "Ops per second</dt><dd>2.13M (processor time)"), 1);
    free(page);
}

Test(report_html, callers_that_a_site_above_has_are_a_link_to_it)
{
    hg_run *run = fixture_check();
    hg_site *sites = run->cells[0].sites;

    for (size_t s = 0; s < 2; s++)
        for (int i = 0; i < 4; i++) {
            sites[s].frames = realloc(sites[s].frames, (sites[s].frame_count + 1) * sizeof(hg_frame));
            sites[s].frames[sites[s].frame_count++] = (hg_frame){
                .function = strdup("outer"), .file = strdup("o.c"), .module = strdup("o"), .line = i + 1};
        }
    char *page = page_of(run, NULL);
    cr_expect_eq(count(page, "<li>the same 5 callers as <a href=\"#s0-0\">parse_header</a></li>"), 1);
    cr_expect_eq(count(page, "id=\"s0-0\""), 1);
    cr_expect_eq(count(page, "<code>outer</code> o.c:4"), 1);
    free(page);
}

static size_t place_of(const char *page, const char *piece)
{
    const char *at = strstr(page, piece);

    cr_assert_not_null(at, "the page has no %s", piece);
    return (size_t)(at - page);
}

Test(report_html, the_first_screen_of_a_red_run_says_what_grows_where_and_how_fast)
{
    char *page = page_of(fixture_check(), NULL);

    cr_expect_eq(count(page, "<p class=\"worst\"><b>48 B per op</b> in <code>parse_header</code> "
                             "<span class=\"place\">src/parser.c:204</span>, in parser, parser on glibc</p>"),
                 1);
    cr_expect_lt(place_of(page, "<p class=\"worst\">"), place_of(page, "<p class=\"lead\">"));
    free(page);
    page = page_of(fixture_toka(), NULL);
    cr_expect_eq(count(page, "<p class=\"worst\">"), 0);
    free(page);
}

Test(report_html, red_comes_before_green)
{
    hg_run *run = fixture_toka();
    hg_cell *last = &run->cells[run->cell_count - 1];
    char row[128], contents[128];

    last->met = false;
    last->expect = HG_EXPECT_LEAK;
    snprintf(row, sizeof row, "<th scope=\"row\"><span>%s</span></th>", last->workload);
    snprintf(contents, sizeof contents, "<li><a href=\"#w0\" class=\"bad\">%s</a>: not as expected</li>",
             last->workload);
    char *page = page_of(run, NULL);
    cr_expect_lt(place_of(page, row), place_of(page, "<th scope=\"row\"><span>schema-storm</span></th>"));
    cr_expect_lt(place_of(page, contents), place_of(page, "<h2 id=\"unmet\">"));
    cr_expect_eq(count(page, "<nav aria-label=\"Contents\">"), 1);
    free(page);
}

Test(report_html, allocators_share_a_row_as_long_as_they_agree)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "class=\"spark\""), 6);
    cr_expect_eq(count(page, "<td>glibc, jemalloc</td>"), 6);
    free(page);
    hg_run *run = fixture_toka();
    run->cells[2].bytes_per_op *= 1.2;
    page = page_of(run, NULL);
    cr_expect_eq(count(page, "class=\"spark\""), 7);
    cr_expect_eq(count(page, "<td>glibc, jemalloc</td>"), 5);
    free(page);
}

Test(report_html, of_two_subjects_the_leaking_one_comes_first)
{
    hg_run *run = fixture_toka();
    char *page = page_of(fixture_toka(), NULL);

    for (size_t i = 0; i < run->cell_count; i += 2) {
        hg_cell before = run->cells[i];
        run->cells[i] = run->cells[i + 1];
        run->cells[i + 1] = before;
    }
    char *turned = page_of(run, NULL);
    cr_expect_str_eq(turned, page);
    cr_expect_eq(count(page, "&minus;100&nbsp;%"), 12);
    free(turned);
    free(page);
}

Test(report_html, the_default_suite_fits_a_mebibyte)
{
    size_t size;

    free(page_of(fixture_many(24), &size));
    cr_expect_lt(size, (size_t)1 << 20);
    free(page_of(fixture_toka(), &size));
    cr_expect_lt(size, (size_t)1 << 19);
    free(page_of(fixture_many(200), &size));
    cr_expect_lt(size, (size_t)3 << 20);
}

Test(report_html, long_names_are_cut)
{
    size_t size;

    free(page_of(fixture_hostile(), &size));
    cr_expect_lt(size, 60000);
}

Test(report_html, a_run_without_cells_is_a_page_that_says_failed)
{
    char *page = page_of(hg_run_new(), NULL);

    cr_expect_not_null(strstr(page, "Failed</span> 0 of 0 cells as expected"));
    cr_expect_not_null(strstr(page, "measured nothing"));
    free(page);
}

Test(report_html, a_cell_that_is_only_too_slow_is_told_so_and_not_that_it_should_be_what_it_is)
{
    char *page = page_of(fixture_troubled(), NULL);

    cr_expect_not_null(strstr(page, ": clean, but <strong class=\"bad\">slower than allowed</strong>\n"));
    cr_expect_not_null(strstr(page, "</span> <strong class=\"bad\">slower than allowed</strong> "));
    cr_expect_not_null(strstr(page, "no: after is too slow"));
    cr_expect_null(strstr(page, "clean</strong>, expected clean"));
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

Test(report_html, cells_beyond_the_limit_are_counted_and_not_linked)
{
    char *page = page_of(fixture_many(405), NULL);

    cr_expect_eq(count(page, "class=\"cell\""), 400);
    cr_expect_eq(count(page, "href=\"#c399\""), 1);
    cr_expect_eq(count(page, "href=\"#c400\""), 0);
    cr_expect_not_null(strstr(page, "5 more cells in the tables above"));
    free(page);
}

Test(report_html, a_long_soak_is_a_small_page)
{
    enum { SAMPLES = 100000 };
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];
    size_t size;

    hg_sample *samples = calloc(SAMPLES, sizeof *samples);
    cr_assert_not_null(samples);
    for (int i = 0; i < SAMPLES; i++) {
        samples[i] = cell->samples[0];
        samples[i].round = i;
        samples[i].ops = 1000 * (i + 1);
    }
    free(cell->samples);
    cell->samples = samples;
    cell->sample_count = SAMPLES;
    char *page = page_of(run, &size);
    cr_expect_lt(size, 100000);
    cr_expect_not_null(strstr(page, "99960 more checkpoints are in run.json"));
    free(page);
}

Test(report_html, runs_of_different_length_are_drawn_over_rounds)
{
    hg_run *run = fixture_toka();
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "rounds of different length"), 0);
    free(page);
    for (size_t s = 0; s < run->cells[1].sample_count; s++)
        run->cells[1].samples[s].ops *= 16;
    page = page_of(run, NULL);
    cr_expect_eq(count(page, "rounds of different length, up to 12k and 192k ops"), 2);
    cr_expect_not_null(strstr(page, "<td class=\"n\">12k, 192k</td>"));
    free(page);
}

Test(report_html, allocators_are_named_beside_growth_where_they_differ)
{
    hg_run *run = fixture_toka();
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_eq(count(page, "before <span class=\"alias\">"), 0);
    free(page);
    run->cells[2].bytes_per_op *= 1.2;
    page = page_of(run, NULL);
    cr_expect_eq(count(page, "before <span class=\"alias\">glibc</span>"), 1);
    cr_expect_eq(count(page, "before <span class=\"alias\">jemalloc</span>"), 1);
    free(page);
}

Test(report_html, growth_is_told_at_the_declared_rate)
{
    char *page = page_of(fixture_toka(), NULL);

    cr_expect_not_null(strstr(page, "At the production rates that the suite declares"));
    cr_expect_not_null(strstr(page, "186 MiB <span class=\"alias\">195 MB</span>"));
    cr_expect_not_null(strstr(page, "<td class=\"n\">2.8 days</td><td class=\"n\">5.5 days</td><td "
                                    "class=\"n\">22 days</td>"));
    cr_expect_null(strstr(page, "At example rates"));
    free(page);
}

Test(report_html, without_a_declared_rate_growth_is_told_with_an_if)
{
    hg_run *run = fixture_check();

    run->cells[0].rate_per_hour = 0;
    char *page = page_of(run, NULL);
    cr_expect_not_null(strstr(page, "At example rates"));
    cr_expect_not_null(strstr(page, "3.96 MiB per day; 1 GiB in 259 days"));
    cr_expect_null(strstr(page, "that the suite declares"));
    free(page);
}

Test(report_html, a_clean_run_without_a_rate_has_nothing_to_project)
{
    hg_run *run = fixture_check();

    run->cells[0].rate_per_hour = 0;
    run->cells[0].verdict = HG_VERDICT_CLEAN;
    run->cells[0].bytes_per_op = 0;
    char *page = page_of(run, NULL);
    cr_expect_null(strstr(page, "Growth in production"));
    free(page);
}

Test(report_html, figures_that_an_allocator_does_not_give_are_left_out)
{
    hg_run *run = fixture_check();
    char *page = page_of(fixture_check(), NULL);

    cr_expect_eq(count(page, "line m-mapped"), 1);
    free(page);
    for (size_t i = 0; i < run->cells[0].sample_count; i++)
        run->cells[0].samples[i].mapped_bytes = run->cells[0].samples[i].allocated_bytes = -1;
    page = page_of(run, NULL);
    cr_expect_eq(count(page, "line m-mapped"), 0);
    cr_expect_eq(count(page, "line m-allocated"), 0);
    cr_expect_eq(count(page, "line m-resident"), 1);
    cr_expect_eq(count(page, "-1 B"), 0);
    free(page);
}

Test(report_html, what_is_alive_is_summed_by_class)
{
    char *page = page_of(fixture_check(), NULL);

    cr_expect_not_null(strstr(page, "<li><i class=\"leak\"></i>leak 562 KiB</li>"));
    cr_expect_not_null(strstr(page, "<li><i class=\"bounded\"></i>bounded 32.0 KiB</li>"));
    free(page);
}

Test(report_html, a_cell_that_never_started_has_no_charts_and_no_figures)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];

    for (size_t i = 0; i < cell->site_count; i++)
        hg_site_clear(&cell->sites[i]);
    cell->site_count = cell->sample_count = 0;
    cell->verdict = HG_VERDICT_FAILED;
    char *page = page_of(run, NULL);
    cr_expect_eq(count(page, "Nothing was measured."), 1);
    cr_expect_eq(count(page, "<figure"), 0);
    cr_expect_eq(count(page, "<table"), 1);
    cr_expect_not_null(strstr(page, "<dt>Planned</dt><dd>10 000 ops in 10 rounds"));
    free(page);
}

Test(report_html, of_very_many_rounds_neighbours_share_a_bar)
{
    hg_run *run = fixture_check();
    hg_site *site = &run->cells[0].sites[0];

    free(site->survivor_blocks);
    free(site->survivor_bytes);
    free(site->total_bytes);
    site->epoch_count = 480;
    site->survivor_blocks = calloc(480, sizeof(int64_t));
    site->survivor_bytes = calloc(480, sizeof(int64_t));
    site->total_bytes = NULL;
    for (int i = 0; i < 480; i++)
        site->survivor_blocks[i] = 7;
    char *page = page_of(run, NULL);
    cr_expect_not_null(strstr(page, "allocated them, 10 rounds per bar"));
    cr_expect_not_null(strstr(page, ">70 | 70 70"));
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

/* 100 * (0 - a) / a is not -100 for one a in seven. */
Test(report_html, growth_that_is_gone_is_gone_by_a_hundred_percent_whatever_it_was)
{
    FILE *stream = tmpfile();

    for (int i = 1; i <= 1000; i++)
        hg_html_percent(stream, i * 1.0123456789, 0);
    char *text = fixture_read_stream(stream, NULL);
    fclose(stream);
    cr_expect_eq(count(text, "&minus;100&nbsp;%"), 1000, "%s", text);
    free(text);
}
