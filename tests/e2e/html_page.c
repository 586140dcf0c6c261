/*
 * The page in a real browser: measured at three widths in both colour schemes, and used as a person would use
 * it, with mouse and keys. Skipped where no browser is installed.
 */
#include "audit/audit.h"
#include "command.h"
#include "diff/diff_report.h"
#include "formats.h"
#include "html_browser.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The flame graph that most tests use: one call path through five frames. */
#define FLAME      "document.querySelector('.flame')"
#define BOX(name)  ".flame .f[title^=\"" name "\"]"
#define SHOWN(box) "document.querySelector('" box "').offsetWidth"

static char *folder;
static browser *chrome;

static void start(void)
{
    browser_need();
    folder = folder_make();
    chrome = browser_start(folder);
}

static void stop(void)
{
    browser_stop(chrome);
    folder_remove(folder);
}

TestSuite(html_page, .init = start, .fini = stop);

/* Writes the run's page, frees the run; the path is the caller's. */
static char *page_of(hg_run *run, const char *name)
{
    char *path = folder_write(folder, name, "");
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    cr_assert(hg_report_find("html")->write(run, NULL, file));
    cr_assert_eq(fclose(file), 0);
    hg_run_free(run);
    return path;
}

static void open_page(hg_run *run)
{
    char *path = page_of(run, "page.html");

    browser_open(chrome, path, 1280, false);
    free(path);
}

static char *measuring_script(void)
{
    FILE *file = fopen(HG_SOURCE_DIR "/tests/e2e/html_measure.js", "r");

    cr_assert_not_null(file);
    char *script = fixture_read_stream(file, NULL);
    fclose(file);
    return script;
}

/* A page of names that fill what they are shown in. */
static void expect_page_in_shape(char *path)
{
    static const int widths[] = {390, 1280, 1920};
    char *script = measuring_script();

    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        browser_open(chrome, path, widths[i], i % 2 == 1);
        char *problems = browser_eval(chrome, script);
        cr_expect_str_empty(problems, "%d pixels wide:\n%s", widths[i], problems);
        cr_expect_eq(browser_complaints(chrome), 0);
        free(problems);
    }
    free(path);
    free(script);
}

static void expect_in_shape(hg_run *run)
{
    expect_page_in_shape(page_of(run, "page.html"));
}

/* The page of the audit, with all that it can have. */
Test(html_page, an_audit_is_in_shape)
{
    static const char *const days[] = {"2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z",
                                       "2026-11-01T00:00:00Z"};
    hg_audit *audit = hg_audit_new("2026-11-27");
    char *path = folder_write(folder, "audit.html", "");
    FILE *file = fopen(path, "w");

    cr_assert(audit && file);
    cr_assert(hg_audit_declare(audit, "function: a_function_with_a_long_name_in_it",
                               "one table for the process", "storage team", "2026-01-01", "2026-12-31"));
    for (size_t i = 0; i < 3; i++) {
        hg_run *run = i < 2 ? fixture_toka() : fixture_hostile();
        fixture_set(&run->suite, "shop");
        fixture_set(&run->started, days[i]);
        run->cells[0].sites[0].kept =
            (hg_kept){.known = 1, .blocks = 3, .bytes = 96, .review = HG_REVIEW_NEEDED};
        cr_assert(hg_audit_add(audit, run));
        hg_run_free(run);
    }
    cr_assert(hg_audit_finish(audit) && hg_audit_html(audit, file));
    cr_assert_eq(fclose(file), 0);
    hg_audit_free(audit);
    expect_page_in_shape(path);
}

/* Two runs compared, with long and hostile names. */
Test(html_page, a_comparison_is_in_shape)
{
    static const hg_diff_names names = {"a/run.json",
                                        "b/a_folder_with_a_long_name_that_has_no_place_to_break/run.json"};
    hg_run *a = fixture_toka(), *b = fixture_troubled(), *hostile = fixture_hostile();
    char *path = folder_write(folder, "diff.html", "");

    b->cells[0].sites[0].bytes_per_op *= 2;
    for (size_t i = 0; i < b->cells[0].sites[0].frame_count && i < hostile->cells[0].sites[0].frame_count;
         i++)
        fixture_set(&b->cells[0].sites[0].frames[i].function, hostile->cells[0].sites[0].frames[i].function);
    hg_diff *diff = hg_diff_new(a, b, NULL, NULL);
    FILE *file = fopen(path, "w");
    cr_assert(diff && file);
    hg_diff_html(diff, &names, file);
    cr_assert_eq(fclose(file), 0);
    expect_page_in_shape(path);
    hg_diff_free(diff);
    hg_run_free(a);
    hg_run_free(b);
    hg_run_free(hostile);
}

Test(html_page, a_suite_that_passes_is_in_shape)
{
    expect_in_shape(fixture_toka());
}

Test(html_page, a_suite_in_trouble_is_in_shape)
{
    expect_in_shape(fixture_troubled());
}

Test(html_page, a_single_leak_is_in_shape)
{
    expect_in_shape(fixture_check());
}

Test(html_page, hostile_names_are_in_shape)
{
    expect_in_shape(fixture_hostile());
    expect_in_shape(fixture_tortured());
}

Test(html_page, two_hundred_cells_are_in_shape)
{
    expect_in_shape(fixture_many(200));
}

Test(html_page, its_own_script_is_the_only_one_that_may_run)
{
    open_page(fixture_check());
    cr_expect(browser_is(chrome, FLAME ".getAttribute('role') === 'tree'"));
    cr_expect_eq(browser_complaints(chrome), 0);
    free(browser_eval(
        chrome, "(() => { const node = document.createElement('script');"
                " node.textContent = 'document.body.id = \"foreign\"'; document.body.append(node); })()"));
    cr_expect(browser_is(chrome, "document.body.id === ''"));
    cr_expect_gt(browser_complaints(chrome), 0);
}

Test(html_page, searching_marks_frames_and_says_their_share)
{
    open_page(fixture_check());
    browser_click(chrome, ".flame-tools input");
    browser_type(chrome, "PARSER.c");
    cr_expect(browser_is(chrome, "document.querySelectorAll('.flame .hit').length === 1"));
    cr_expect(
        browser_is(chrome, "document.querySelector('.flame .hit').title.startsWith('parse_header\\n')"));
    cr_expect(browser_is(chrome, "document.querySelector('.flame-tools output').value === 'matched 100 %'"));
    browser_type(chrome, " nowhere");
    cr_expect(browser_is(chrome, "document.querySelectorAll('.flame .hit').length === 0"));
    cr_expect(browser_is(chrome, "document.querySelector('.flame-tools output').value === 'matched 0 %'"));
}

/* Two call paths below one function: 48 bytes per op, and 16 through another caller. */
static hg_run *forked_run(void)
{
    hg_run *run = fixture_check();
    hg_run *other = fixture_check();
    hg_cell *cell = &run->cells[0];
    hg_site added = other->cells[0].sites[0];

    other->cells[0].sites[0] = (hg_site){0};
    hg_run_free(other);
    fixture_set(&added.frames[1].function, "parse_other");
    added.bytes_per_op = 16;
    cell->sites = realloc(cell->sites, (cell->site_count + 1) * sizeof *cell->sites);
    cr_assert_not_null(cell->sites);
    cell->sites[cell->site_count++] = added;
    return run;
}

Test(html_page, nested_matches_count_once)
{
    open_page(forked_run());
    browser_click(chrome, ".flame-tools input");
    browser_type(chrome, "storm.c");
    cr_expect(browser_is(chrome, "document.querySelectorAll('.flame .hit').length === 3"));
    cr_expect(browser_is(chrome, "document.querySelector('.flame-tools output').value === 'matched 100 %'"));
    free(browser_eval(chrome, "document.querySelector('.flame-tools input').value = ''"));
    browser_type(chrome, "parse_other");
    cr_expect(browser_is(chrome, "document.querySelector('.flame-tools output').value === 'matched 25 %'"));
}

Test(html_page, a_click_zooms_and_the_button_resets)
{
    open_page(forked_run());
    browser_click(chrome, BOX("parse_one"));
    cr_expect(browser_is(chrome, "document.querySelector('" BOX("parse_other") "').hidden"));
    cr_expect(browser_is(chrome, SHOWN(BOX("parse_one")) " > 0.98 * " FLAME ".offsetWidth"));
    cr_expect(browser_is(chrome, SHOWN(BOX("heapgate_iterate")) " > 0.98 * " FLAME ".offsetWidth"));
    browser_click(chrome, ".flame-tools button");
    cr_expect(browser_is(chrome, "!document.querySelector('" BOX("parse_other") "').hidden"));
    cr_expect(browser_is(chrome, SHOWN(BOX("parse_one")) " < 0.8 * " FLAME ".offsetWidth"));
    cr_expect(browser_is(chrome, "document.querySelector('.flame-tools button').disabled"));
}

Test(html_page, keys_walk_the_flame_graph_zoom_and_reset)
{
    open_page(forked_run());
    browser_click(chrome, ".flame .all");
    browser_press(chrome, "ArrowDown");
    browser_press(chrome, "ArrowDown");
    cr_expect(browser_is(chrome, "document.activeElement.title.startsWith('parse_one')"));
    browser_press(chrome, "ArrowRight");
    cr_expect(browser_is(chrome, "document.activeElement.title.startsWith('parse_other')"));
    cr_expect(browser_is(chrome, "document.activeElement.getAttribute('aria-selected') === 'true'"));
    browser_press(chrome, "Enter");
    cr_expect(browser_is(chrome, "document.querySelector('" BOX("parse_one") "').hidden"));
    browser_press(chrome, "ArrowUp");
    cr_expect(browser_is(chrome, "document.activeElement.title.startsWith('heapgate_iterate')"));
    browser_press(chrome, "Escape");
    cr_expect(browser_is(chrome, "!document.querySelector('" BOX("parse_one") "').hidden"));
}

Test(html_page, copying_puts_the_stack_on_the_clipboard)
{
    open_page(fixture_check());
    browser_click(chrome, BOX("parse_header"));
    browser_click(chrome, ".flame-tools button:last-child");
    cr_expect(browser_becomes(
        chrome, "document.querySelector('.flame-tools button:last-child').textContent === 'Copied'"));
    browser_click(chrome, ".flame-tools input");
    browser_paste(chrome);
    char *pasted = browser_eval(chrome, "document.querySelector('.flame-tools input').value");
    cr_expect_not_null(strstr(pasted, "48 B per op, 100 %"), "%s", pasted);
    const char *culprit = strstr(pasted, "parse_header  src/parser.c:204");
    const char *caller = strstr(pasted, "heapgate_iterate  workloads/common/storm.c:131");
    cr_assert_not_null(culprit, "%s", pasted);
    cr_assert_not_null(caller, "%s", pasted);
    cr_expect_lt(culprit, caller);
    free(pasted);
}

Test(html_page, a_figure_leads_to_its_cell_and_opens_it)
{
    open_page(fixture_toka());
    cr_expect(browser_is(chrome, "!document.getElementById('c1').open"));
    browser_click(chrome, ".summary a[href=\"#c1\"]");
    cr_expect(browser_becomes(chrome, "document.getElementById('c1').open"));
    cr_expect(browser_is(chrome, "Math.abs(document.getElementById('c1').getBoundingClientRect().top) < 2"));
}

Test(html_page, all_cells_fold_and_unfold_at_once)
{
    open_page(fixture_toka());
    browser_click(chrome, ".folding button:first-child");
    cr_expect(browser_is(chrome, "document.querySelectorAll('.cell[open]').length === 24"));
    browser_click(chrome, ".folding button:last-child");
    cr_expect(browser_is(chrome, "document.querySelectorAll('.cell[open]').length === 0"));
    browser_click(chrome, "#c3 > summary");
    cr_expect(browser_is(chrome, "document.querySelectorAll('.cell[open]').length === 1"));
}

Test(html_page, the_first_tab_skips_to_the_figures)
{
    open_page(fixture_toka());
    browser_press(chrome, "Tab");
    cr_expect(browser_is(chrome, "document.activeElement.className === 'skip'"));
    cr_expect(browser_is(chrome, "document.activeElement.getBoundingClientRect().left >= 0"));
}
