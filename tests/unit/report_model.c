/* What the cells of a run add up to, and the names of things. */
#include "formats.h"
#include "report_fixture.h"
#include "view/view.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A run with one cell for each letter: Met, Unmet, Inconclusive, Failed, Blind. */
static hg_run *run_of(const char *letters)
{
    hg_run *run = hg_run_new();

    for (; *letters; letters++) {
        hg_cell *cell = hg_run_add_cell(run);
        cell->met = *letters == 'M';
        cell->blind = *letters == 'B';
        cell->verdict = *letters == 'I'                      ? HG_VERDICT_INCONCLUSIVE
                        : *letters == 'F' || *letters == 'B' ? HG_VERDICT_FAILED
                                                             : HG_VERDICT_LEAK;
    }
    return run;
}

static void expect_exit(const char *letters, int exit_code, const char *outcome)
{
    hg_run *run = run_of(letters);

    cr_expect_eq(hg_run_exit_code(run), exit_code, "%s gives %d", letters, hg_run_exit_code(run));
    cr_expect_str_eq(hg_run_outcome(run), outcome, "%s", letters);
    hg_run_free(run);
}

Test(report_model, every_cell_met_is_a_pass)
{
    expect_exit("M", 0, "pass");
    expect_exit("MMM", 0, "pass");
}

Test(report_model, each_trouble_has_its_exit_code)
{
    expect_exit("U", 1, "leak");
    expect_exit("I", 3, "inconclusive");
    expect_exit("F", 4, "failed");
    expect_exit("B", 5, "failed");
}

Test(report_model, the_gravest_cell_decides_in_any_order)
{
    expect_exit("MIM", 3, "inconclusive");
    expect_exit("IU", 1, "leak");
    expect_exit("UI", 1, "leak");
    expect_exit("UF", 4, "failed");
    expect_exit("FU", 4, "failed");
    expect_exit("FBU", 5, "failed");
    expect_exit("BFUIM", 5, "failed");
    expect_exit("MIUFB", 5, "failed");
}

Test(report_model, a_run_that_measured_nothing_is_no_pass)
{
    expect_exit("", 4, "failed");
}

Test(report_model, an_unfinished_run_is_no_pass_and_every_report_says_so)
{
    static const char *const formats[] = {"text", "html", "markdown"};
    hg_run *run = run_of("MM");

    fixture_set(&run->unfinished, "2 of 7 cells had ended");
    cr_expect_eq(hg_run_exit_code(run), 4);
    cr_expect_str_eq(hg_run_outcome(run), "failed");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        FILE *stream = tmpfile();
        cr_expect(hg_report_find(formats[i])->write(run, NULL, stream));
        char *text = fixture_read_stream(stream, NULL);
        cr_expect_not_null(strstr(text, "2 of 7 cells had ended"), "%s", formats[i]);
        free(text);
        fclose(stream);
    }
    hg_run_free(run);
}

Test(report_model, names_are_those_of_the_file_and_never_null)
{
    cr_expect_str_eq(hg_verdict_name(HG_VERDICT_FRAGMENTATION), "fragmentation");
    cr_expect_str_eq(hg_expect_name(HG_EXPECT_FRAGMENTATION), "fragmentation");
    cr_expect_str_eq(hg_class_name(HG_CLASS_ONE_TIME), "one-time");
    cr_expect_str_eq(hg_expect_name(HG_EXPECT_LEAK), "leak");
    cr_expect_str_eq(hg_verdict_name((hg_verdict)99), "unknown");
    cr_expect_str_eq(hg_class_name((hg_class)99), "unknown");
    cr_expect_str_eq(hg_expect_name((hg_expect)99), "unknown");
}

Test(report_model, new_cells_have_empty_strings)
{
    hg_run *run = hg_run_new();
    hg_cell *cell = hg_run_add_cell(run);

    cr_expect_str_empty(run->version);
    cr_expect_str_empty(run->command);
    cr_expect_str_empty(cell->workload);
    cr_expect_str_empty(cell->log);
    cr_expect_str_empty(cell->reproduce);
    hg_run_free(run);
    hg_run_free(NULL);
}

Test(report_model, formats_are_found_by_name)
{
    size_t count = 0;

    for (const hg_report_format *format = hg_report_formats(); format->name; format++, count++) {
        cr_expect_eq(hg_report_find(format->name), format);
        cr_expect(!format->file_name || strchr(format->file_name, '.'));
    }
    cr_expect_geq(count, 3);
    cr_expect_null(hg_report_find("docx"));
    cr_expect_null(hg_report_find(""));
}

Test(report_model, a_view_keeps_cells_of_a_workload_together)
{
    hg_run *run = fixture_toka();
    hg_view view;

    cr_assert(hg_view_init(&view, run));
    cr_expect_eq(view.count, 24);
    cr_expect_eq(view.workload_count, 6);
    cr_expect_eq(view.allocator_count, 2);
    cr_expect_eq(view.subject_count, 2);
    cr_expect_str_eq(view.subjects[0], "before");
    cr_expect_eq(hg_view_workload_end(&view, 4), 8);
    cr_expect_eq(hg_view_allocator_end(&view, 4), 6);
    cr_expect(hg_view_subject_is(&view, "before", HG_VERDICT_LEAK));
    cr_expect_not(hg_view_subject_is(&view, "before", HG_VERDICT_CLEAN));
    hg_view_clear(&view);
    hg_run_free(run);
}

Test(report_model, a_view_sorts_cells_that_arrive_in_any_order)
{
    static const char *const order[] = {"b", "a", "b", "c", "a", "b"};
    hg_run *run = hg_run_new();
    hg_view view;

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        fixture_set(&hg_run_add_cell(run)->workload, order[i]);
    cr_assert(hg_view_init(&view, run));
    cr_expect_eq(hg_view_workload_end(&view, 0), 3);
    cr_expect_eq(hg_view_workload_end(&view, 3), 5);
    cr_expect_eq(view.cells[0], &run->cells[0]);
    cr_expect_eq(view.cells[2], &run->cells[5]);
    hg_view_clear(&view);
    hg_run_free(run);
}

Test(report_model, the_culprit_is_the_fastest_leak)
{
    hg_site sites[4] = {{.growth_class = HG_CLASS_BOUNDED, .bytes_per_op = 900},
                        {.growth_class = HG_CLASS_FILLING, .bytes_per_op = 90},
                        {.growth_class = HG_CLASS_LEAK, .bytes_per_op = 1},
                        {.growth_class = HG_CLASS_LEAK, .bytes_per_op = 9}};
    hg_cell cell = {.sites = sites, .site_count = 4};

    cr_expect_eq(hg_cell_culprit(&cell), &sites[3]);
    cell.site_count = 2;
    cr_expect_eq(hg_cell_culprit(&cell), &sites[1]);
    cell.site_count = 1;
    cr_expect_null(hg_cell_culprit(&cell));
}

Test(report_model, strings_that_were_never_set_read_as_empty)
{
    hg_run *run = fixture_check();
    hg_cell *cell = hg_run_add_cell(run);

    hg_cell_clear(cell); /* every string NULL, as in a cell that was moved here */
    for (const hg_report_format *format = hg_report_formats(); format->name; format++) {
        FILE *stream = tmpfile();
        size_t size;
        cr_expect(format->write(run, NULL, stream), "%s", format->name);
        free(fixture_read_stream(stream, &size));
        cr_expect_gt(size, 50, "%s", format->name);
        fclose(stream);
    }
    hg_run_free(run);
}
