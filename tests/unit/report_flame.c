/* The flame graph's boxes: where they lie, in ten thousandths of its width, and what bounds them. */
#include "formats.h"
#include "report_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *page_of(hg_run *run)
{
    FILE *stream = tmpfile();

    cr_assert(hg_report_find("html")->write(run, NULL, stream));
    char *text = fixture_read_stream(stream, NULL);
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

/* Whether the box of a function lies there. */
static bool box_at(const char *page, const char *function, int from, int width, int depth)
{
    char box[256], left[32] = "", wide[32] = "";

    if (from > 0)
        snprintf(left, sizeof left, ";--x:%d", from);
    if (width < 10000)
        snprintf(wide, sizeof wide, ";--w:%d", width);
    snprintf(box, sizeof box, "style=--d:%d%s%s title=\"%s\n", depth, left, wide, function);
    return strstr(page, box);
}

static char *text(const char *format, int number)
{
    char *made = malloc(64);

    cr_assert_not_null(made);
    snprintf(made, 64, format, number);
    return made;
}

/* A site of so many frames, "NAMEdepth" each; the culprit is the last. */
static hg_site make_site(const char *name, int frames, double bytes_per_op)
{
    hg_site site = {.growth_class = HG_CLASS_LEAK,
                    .bytes_per_op = bytes_per_op,
                    .frames = calloc((size_t)frames, sizeof(hg_frame)),
                    .frame_count = (size_t)frames};

    cr_assert_not_null(site.frames);
    for (int i = 0; i < frames; i++)
        site.frames[i] = (hg_frame){.function = text(name, frames - 1 - i),
                                    .file = text("%d.c", frames - 1 - i),
                                    .module = text("m", 0),
                                    .line = 1};
    return site;
}

/* A run of one cell with these sites, which are taken over. */
static hg_run *run_of(hg_site *sites, size_t site_count)
{
    hg_run *run = fixture_check();
    hg_cell *cell = &run->cells[0];

    for (size_t i = 0; i < cell->site_count; i++)
        hg_site_clear(&cell->sites[i]);
    free(cell->sites);
    cell->sites = sites;
    cell->site_count = site_count;
    return run;
}

Test(report_flame, paths_share_their_callers_and_the_widest_comes_first)
{
    hg_site *sites = calloc(3, sizeof *sites);

    cr_assert_not_null(sites);
    sites[0] = make_site("common", 1, 10);
    sites[1] = make_site("common", 1, 30);
    sites[2] = make_site("other", 2, 60);
    char *page = page_of(run_of(sites, 3));
    cr_expect(box_at(page, "all growth", 0, 10000, 0));
    cr_expect(box_at(page, "other", 0, 6000, 1));
    cr_expect(box_at(page, "other", 0, 6000, 2));
    cr_expect(box_at(page, "common", 6000, 4000, 1));
    cr_expect_eq(count(page, "style=--d:"), 4);
    cr_expect_eq(count(page, "\"f culprit\""), 2);
    cr_expect_not_null(strstr(page, "--rows:3"));
    free(page);
}

Test(report_flame, frames_between_the_culprit_and_the_allocation_lie_below_it)
{
    char *page = page_of(fixture_check());

    cr_expect(box_at(page, "heapgate_iterate", 0, 10000, 1));
    cr_expect(box_at(page, "parse_header", 0, 10000, 3));
    cr_expect(box_at(page, "json_loadb", 0, 10000, 4));
    cr_expect(box_at(page, "jsonp_malloc", 0, 10000, 5));
    cr_expect_eq(count(page, "\"f lib\""), 2);
    free(page);
}

Test(report_flame, a_deep_stack_keeps_the_frames_next_to_its_culprit)
{
    hg_site *sites = calloc(1, sizeof *sites);

    cr_assert_not_null(sites);
    sites[0] = make_site("deep%d", 500, 8);
    char *page = page_of(run_of(sites, 1));
    cr_expect_eq(count(page, "style=--d:"), 65);
    cr_expect(box_at(page, "deep436", 0, 10000, 1));
    cr_expect(box_at(page, "deep499", 0, 10000, 64));
    free(page);
}

Test(report_flame, paths_that_do_not_fit_are_counted)
{
    enum { SITES = 300 };
    hg_site *sites = calloc(SITES, sizeof *sites);

    cr_assert_not_null(sites);
    for (int i = 0; i < SITES; i++) {
        char name[32];
        snprintf(name, sizeof name, "site%d_%%d", i);
        sites[i] = make_site(name, 4, 8);
    }
    char *page = page_of(run_of(sites, SITES));
    cr_expect_leq(count(page, "style=--d:"), 480);
    cr_expect_gt(count(page, "style=--d:"), 400);
    cr_expect_not_null(strstr(page, " call paths did not fit."));
    free(page);
}

Test(report_flame, boxes_too_narrow_to_see_are_left_out_and_said_so)
{
    hg_site *sites = calloc(2, sizeof *sites);

    cr_assert_not_null(sites);
    sites[0] = make_site("wide", 1, 1e6);
    sites[1] = make_site("narrow", 1, 1);
    char *page = page_of(run_of(sites, 2));
    cr_expect_eq(count(page, "style=--d:"), 2);
    cr_expect_not_null(strstr(page, "Boxes below 0.3 % are left out."));
    free(page);
}

Test(report_flame, nothing_is_drawn_where_nothing_grows)
{
    hg_run *run = fixture_check();

    run->cells[0].sites[0].growth_class = HG_CLASS_ONE_TIME;
    char *page = page_of(run);
    cr_expect_eq(count(page, "class=\"flame\""), 0);
    free(page);
}

/* Two allocators: the second cell's growth, with so much on its second path. */
static char *page_of_two(double second)
{
    hg_site *sites = calloc(2, sizeof *sites);

    sites[0] = make_site("one%d", 3, 60);
    sites[1] = make_site("two%d", 3, 40);
    hg_run *run = run_of(sites, 2);
    sites = calloc(2, sizeof *sites);
    sites[0] = make_site("one%d", 3, 60);
    sites[1] = make_site("two%d", 3, second);
    hg_run *other = run_of(sites, 2);
    fixture_set(&other->cells[0].allocator, "jemalloc");
    run->cells = realloc(run->cells, 2 * sizeof *run->cells);
    run->cells[run->cell_count++] = other->cells[0];
    other->cell_count = 0;
    hg_run_free(other);
    return page_of(run);
}

Test(report_flame, a_graph_that_another_allocator_has_is_a_link_to_it)
{
    char *page = page_of_two(40.2);

    cr_expect_eq(count(page, "class=\"flame\""), 1);
    cr_expect_eq(count(page, "The flame graph of <a href=\"#c0\">parser on glibc</a> shows the same"), 1);
    free(page);
    page = page_of_two(20);
    cr_expect_eq(count(page, "class=\"flame\""), 2);
    free(page);
}
