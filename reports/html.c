/*
 * report.html: one file that needs no network and runs no script; its content policy forbids both, so that
 * even a name that slipped through the escaping could do nothing.
 */
#include "html.h"
#include "escape.h"
#include "formats.h"
#include "humanise.h"

#define SUBJECTS_NAMED 6 /* in the lead; the table has them all */

static const char style[] = {
#include "html_style.inc"
    '\0'};

static void write_head(FILE *out, const hg_run *run)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'\">\n"
          "<title>",
          out);
    fprintf(out, "%s: ", hg_run_outcome(run));
    hg_html_name(out, run->suite);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
}

static void write_subject_verdicts(FILE *out, const hg_view *view)
{
    const char *separator = "";

    for (size_t i = 0; i < view->subject_count && i < SUBJECTS_NAMED; i++) {
        for (int verdict = HG_VERDICT_CLEAN; verdict <= HG_VERDICT_FAILED; verdict++) {
            if (!hg_view_subject_is(view, view->subjects[i], (hg_verdict)verdict))
                continue;
            fprintf(out, "%s<b>", separator);
            hg_escape_html(out, hg_view_name(view->subjects[i]), 40);
            fprintf(out, "</b> %s", hg_verdict_phrase((hg_verdict)verdict));
            separator = ", ";
        }
    }
    if (separator[0])
        fputs(". ", out);
}

static void write_detail(FILE *out, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    fprintf(out, "<div><dt>%s</dt><dd>", name);
    hg_html_name(out, value);
    fputs("</dd></div>\n", out);
}

static void write_outcome(FILE *out, const hg_view *view)
{
    const hg_run *run = view->run;
    const char *outcome = hg_run_outcome(run);
    int exit_code = hg_run_exit_code(run);

    fputs("<header>\n<p class=\"kicker\">heapgate, ", out);
    hg_html_name(out, run->suite);
    fprintf(
        out,
        "</p>\n<h1><span class=\"outcome %s\">%c%s</span> %zu of %zu %s as expected</h1>\n<p class=\"lead\">",
        outcome, outcome[0] - 'a' + 'A', outcome + 1, hg_run_count_met(run), run->cell_count,
        run->cell_count == 1 ? "cell" : "cells");
    write_subject_verdicts(out, view);
    fprintf(out, "Exit code %d: %s.</p>\n</header>\n", exit_code, hg_exit_meaning(exit_code));
}

/* Cells that are not as expected come before everything else, with the reason and a way there. */
static void write_unmet(FILE *out, const hg_view *view)
{
    if (hg_run_count_met(view->run) == view->count)
        return;
    fputs(
        "<section class=\"unmet\" aria-labelledby=\"unmet\">\n<h2 id=\"unmet\">Not as expected</h2>\n<ul>\n",
        out);
    for (size_t i = 0; i < view->count; i++) {
        const hg_cell *cell = view->cells[i];
        if (cell->met)
            continue;
        fprintf(out, "<li><a href=\"#c%zu\">", i);
        hg_escape_html(out, hg_view_name(cell->workload), 40);
        fputs(", ", out);
        hg_escape_html(out, hg_view_name(cell->subject), 40);
        fputs(" on ", out);
        hg_escape_html(out, hg_view_name(cell->allocator), 40);
        fprintf(out, "</a>: <strong class=\"bad\">%s</strong>, expected %s. ", hg_verdict_name(cell->verdict),
                hg_expect_name(cell->expect));
        hg_escape_html(out, cell->reason, 400);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n</section>\n", out);
}

/* Open at once: what is not as expected, and the first leak of a workload. The rest is a click away. */
static void write_workload(FILE *out, const hg_view *view, size_t start, size_t end)
{
    double peak = hg_html_peak(view, start, end);
    bool leak_shown = false;

    fprintf(out, "<section class=\"workload\" aria-labelledby=\"w%zu\">\n<h2 id=\"w%zu\">", start, start);
    hg_html_name(out, hg_view_name(view->cells[start]->workload));
    fputs("</h2>\n<div class=\"charts\">\n", out);
    for (size_t i = start; i < end;) {
        size_t next = hg_view_allocator_end(view, i);
        hg_html_growth_chart(out, view, i, next, peak);
        i = next;
    }
    fputs("</div>\n", out);
    for (size_t i = start; i < end; i++) {
        bool first_leak = view->cells[i]->verdict == HG_VERDICT_LEAK && !leak_shown;
        hg_html_cell(out, view, i, first_leak || !view->cells[i]->met);
        leak_shown = leak_shown || first_leak;
    }
    fputs("</section>\n", out);
}

static void write_footer(FILE *out, const hg_run *run)
{
    fputs("<footer>\n<dl class=\"facts\">\n", out);
    write_detail(out, "heapgate", run->version);
    write_detail(out, "Started", run->started);
    write_detail(out, "Took", hg_human_seconds(run->duration_seconds).text);
    write_detail(out, "Machine", run->machine);
    write_detail(out, "Command", run->command);
    fputs("</dl>\n</footer>\n</body>\n</html>\n", out);
}

bool hg_report_html(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_view view;

    (void)options;
    if (!hg_view_init(&view, run))
        return false;
    write_head(out, run);
    write_outcome(out, &view);
    fputs("<main>\n", out);
    write_unmet(out, &view);
    if (view.count > 0)
        hg_html_summary(out, &view);
    for (size_t start = 0; start < view.count;) {
        size_t end = hg_view_workload_end(&view, start);
        write_workload(out, &view, start, end);
        start = end;
    }
    fputs("</main>\n", out);
    write_footer(out, run);
    hg_view_clear(&view);
    return true;
}
