/*
 * report.html: one file that needs no network. Its content security policy forbids every request, and every
 * script except the page's own, which it names by hash. So even a name that slipped through the escaping
 * would have no effect. The page is complete without its script.
 */
#include "html/html.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "view/findings.h"
#include "view/held.h"
#include "view/unmet.h"
#include "view/view.h"
#include "view/writers.h"

#define SUBJECTS_NAMED 6    /* in the lead; the table has them all */
#define UNMET_MAX      100  /* listed; the table has them all */
#define REASON_LIMIT   1000 /* code points; the cell has all of it */

static const char style[] = {
#include "html_style.inc"
    '\0'};
static const char script[] = {
#include "html_script.inc"
    '\0'};
static const char script_hash[] = ""
#include "html_script_hash.inc"
    ;

void hg_html_page_begin(FILE *out, const char *word, const char *name, const char *more_style)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'; script-src ",
          out);
    fprintf(out, "'sha256-%s'\">\n<title>%s: ", script_hash, word);
    hg_html_name(out, name);
    fprintf(out,
            "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<a class=\"skip\" "
            "href=\"#main\">Skip to the figures</a>\n",
            style, more_style ? more_style : "");
}

void hg_html_page_end(FILE *out)
{
    fprintf(out, "<script>%s</script>\n</body>\n</html>\n", script);
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

/* The cell that grows fastest at a declared rate, an unexpected result before an expected one; or NULL. */
static const hg_cell *find_worst(const hg_view *view)
{
    const hg_cell *worst = NULL;

    for (size_t i = 0; i < view->count; i++) {
        const hg_cell *cell = view->cells[i];
        if (!hg_cell_grows(cell) || cell->rate_per_hour <= 0)
            continue;
        bool graver = worst && !cell->met && worst->met;
        bool as_grave = worst && cell->met == worst->met;
        if (!worst || graver ||
            (as_grave &&
             cell->bytes_per_op * cell->rate_per_hour > worst->bytes_per_op * worst->rate_per_hour))
            worst = cell;
    }
    return worst;
}

static void write_worst(FILE *out, const hg_view *view)
{
    const hg_cell *worst = find_worst(view);

    if (!worst)
        return;
    double daily = worst->bytes_per_op * worst->rate_per_hour * 24;
    fprintf(out, "At %s ops per hour, <b>", hg_human_rate(worst->rate_per_hour).text);
    hg_escape_html(out, hg_view_name(worst->workload), 60);
    fputs("</b> with ", out);
    hg_escape_html(out, hg_view_name(worst->subject), 40);
    fprintf(out, " gains <strong>%s per day</strong> (<a href=\"#meaning\">details</a>). ",
            hg_human_bytes(daily).text);
}

static void write_rate_and_place(FILE *out, const hg_cell *cell, const hg_site *culprit)
{
    const hg_frame *frame = hg_finding_frame(culprit);

    if (!frame)
        frame = &culprit->frames[0];
    fprintf(out, "<b>%s per ", hg_human_bytes(culprit->bytes_per_op).text);
    hg_escape_html(out, hg_cell_unit(cell), 24);
    fputs("</b> in <code>", out);
    hg_html_function(out, frame, HG_HTML_NAME_LIMIT);
    fputs("</code> <span class=\"place\">", out);
    hg_html_place(out, frame);
    fputs("</span>", out);
}

/* The first thing to know of a red run: how fast the worst cell grows, and where. */
static void write_first(FILE *out, const hg_unmet *unmet)
{
    const hg_cell *cell = unmet->count > 0 ? unmet->cells[0] : NULL;
    const hg_site *culprit = cell ? hg_cell_culprit(cell) : NULL;

    if (!cell)
        return;
    fputs("<p class=\"worst\">", out);
    if (culprit && culprit->frame_count > 0)
        write_rate_and_place(out, cell, culprit);
    else
        fprintf(out, "<b>%s</b>", hg_verdict_name(cell->verdict));
    fputs(", in ", out);
    hg_escape_html(out, hg_view_name(cell->workload), 40);
    fputs(", ", out);
    hg_html_cell_name(out, cell);
    fputs("</p>\n", out);
}

static void write_outcome(FILE *out, const hg_view *view, size_t findings, const hg_unmet *unmet)
{
    const hg_run *run = view->run;
    const char *outcome = hg_run_outcome(run);
    int exit_code = hg_run_exit_code(run);

    fputs("<header>\n<p class=\"kicker\">heapgate, ", out);
    hg_html_name(out, run->suite);
    fprintf(out, "</p>\n<h1><span class=\"outcome %s\">%c%s</span> ", outcome, outcome[0] - 'a' + 'A',
            outcome + 1);
    if (run->cell_count == 0 && run->tried.asked)
        fputs(hg_human_things(run->tried.site_count, "allocation site").text, out);
    else if (run->cell_count > 0 || !run->torture.asked)
        fprintf(out, "%zu of %s as expected%s", hg_run_count_met(run),
                hg_human_things(run->cell_count, "cell").text, run->torture.asked ? "; " : "");
    if (run->torture.asked)
        fprintf(out, "%s in ", hg_human_things(findings, "finding").text);
    if (run->torture.asked)
        fputs(hg_human_things(run->torture.fault_count, "fault").text, out);
    fputs("</h1>\n", out);
    write_first(out, unmet);
    fputs("<p class=\"lead\">", out);
    write_subject_verdicts(out, view);
    write_worst(out, view);
    fprintf(out, "Exit code %d: ", exit_code);
    hg_escape_html(out, hg_run_meaning(run), 400);
    fputs(".</p>\n", out);
    hg_html_contents(out, view, unmet->count);
    fputs("</header>\n", out);
}

/* What grows, where, how fast, and who holds it. */
static void write_culprit(FILE *out, const hg_cell *cell)
{
    const hg_site *culprit = hg_cell_culprit(cell);
    char line[HG_HELD_LINE];

    if (!culprit || culprit->frame_count == 0)
        return;
    fputs("<p>", out);
    write_rate_and_place(out, cell, culprit);
    fputs("</p>\n", out);
    if (hg_held_main_line(cell, culprit, line)) {
        fputs("<p class=\"held\">", out);
        hg_escape_html(out, line, HG_HELD_LINE);
        fputs("</p>\n", out);
    }
}

static void write_unmet_cell(FILE *out, const hg_view *view, const hg_cell *cell)
{
    size_t index = 0;

    while (view->cells[index] != cell)
        index++;
    bool linked = index < HG_HTML_CELLS_MAX;
    size_t same = hg_view_count_same_story(view, index);
    fputs("<li>", out);
    if (linked)
        fprintf(out, "<a href=\"#c%zu\">", index);
    hg_escape_html(out, hg_view_name(cell->workload), 40);
    fputs(", ", out);
    hg_html_cell_name(out, cell);
    fputs(linked ? "</a>" : "", out);
    if (same > 0)
        fprintf(out, " and %s", hg_human_things(same, "more allocator").text);
    if (hg_cell_trouble(cell))
        fprintf(out, ": %s, but <strong class=\"bad\">%s</strong>\n", hg_verdict_name(cell->verdict),
                hg_cell_trouble(cell)->phrase);
    else
        fprintf(out, ": <strong class=\"bad\">%s</strong>, expected %s\n", hg_verdict_name(cell->verdict),
                hg_expect_name(cell->expect));
    write_culprit(out, cell);
    fputs("<p>", out);
    hg_escape_html(out, cell->reason, REASON_LIMIT);
    fputs("</p></li>\n", out);
}

/* Unexpected results come before everything else, the gravest first. */
static void write_unmet(FILE *out, const hg_view *view, const hg_unmet *unmet)
{
    if (unmet->count == 0)
        return;
    fputs(
        "<section class=\"unmet\" aria-labelledby=\"unmet\">\n<h2 id=\"unmet\">Not as expected</h2>\n<ul>\n",
        out);
    for (size_t i = 0; i < unmet->count && i < UNMET_MAX; i++)
        write_unmet_cell(out, view, unmet->cells[i]);
    fputs("</ul>\n", out);
    if (unmet->count > UNMET_MAX)
        fprintf(out, "<p class=\"note\">The table below has %zu more.</p>\n", unmet->count - UNMET_MAX);
    fputs("</section>\n", out);
}

/* Cells beyond the limit are in the tables only. */
static void write_workloads(FILE *out, const hg_view *view)
{
    size_t told = view->count < HG_HTML_CELLS_MAX ? view->count : HG_HTML_CELLS_MAX;

    for (size_t start = 0; start < told;) {
        size_t end = hg_view_workload_end(view, start);
        hg_html_workload(out, view, start, end < told ? end : told);
        start = end;
    }
    if (told < view->count)
        fprintf(out, "<p class=\"note\">%s in the tables above; see run.json for the details.</p>\n",
                hg_human_things(view->count - told, "more cell").text);
}

static void write_footer(FILE *out, const hg_run *run)
{
    fputs("<footer>\n<dl class=\"facts\">\n", out);
    write_detail(out, "heapgate", run->version);
    write_detail(out, "Started", run->started);
    write_detail(out, "Took", hg_human_seconds(run->duration_seconds).text);
    write_detail(out, "Machine", run->machine);
    write_detail(out, "Command", run->command);
    fputs("</dl>\n</footer>\n", out);
}

bool hg_report_html(const hg_run *run, const hg_report_options *options, FILE *out)
{
    hg_view view;
    hg_unmet unmet;
    hg_torture_findings faults = {0};
    bool written = false;

    (void)options;
    if (!hg_unmet_gather(run, &unmet))
        return false;
    if (!hg_torture_findings_gather(&run->torture, &faults) || !hg_view_init(&view, run)) {
        hg_torture_findings_free(&faults);
        hg_unmet_free(&unmet);
        return false;
    }
    if (!hg_view_red_first(&view))
        goto end;
    hg_html_page_begin(out, hg_run_outcome(run), run->suite, NULL);
    write_outcome(out, &view, faults.count, &unmet);
    fputs("<main id=\"main\" tabindex=\"-1\">\n", out);
    write_unmet(out, &view, &unmet);
    if (view.count > 0)
        hg_html_summary(out, &view);
    hg_html_meaning(out, &view);
    hg_html_saved(out, &view);
    hg_html_torture(out, &run->torture, &faults);
    hg_html_tried(out, &run->tried);
    write_workloads(out, &view);
    fputs("</main>\n", out);
    write_footer(out, run);
    hg_html_page_end(out);
    written = true;
end:
    hg_view_clear(&view);
    hg_unmet_free(&unmet);
    hg_torture_findings_free(&faults);
    return written;
}
