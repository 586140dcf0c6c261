/*
 * One page without a script: small charts of every cell, then the holders, the deliberate leaks, and what
 * needs a review. Names are escaped as in report.html, and the content security policy forbids every request.
 */
#include "audit/audit.h"

#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 150, HEIGHT = 40, EDGE = 3 };

static const char style[] = {
#include "html_style.inc"
    '\n',
#include "audit_style.inc"
    '\0'};

/* Of a time, the day. */
static void write_day(FILE *out, const char *started)
{
    char day[16];

    snprintf(day, sizeof day, "%.10s", started);
    hg_escape_html(out, day, 0);
}

static double peak_of(const hg_audit_cell *cell, hg_audit_figure figure)
{
    double peak = 0;

    for (size_t i = 0; i < cell->count; i++)
        peak = fmax(peak, cell->points[i].figures[figure]); /* fmax passes over NAN */
    return isfinite(peak) ? peak : 0;
}

static double x_of(const hg_audit *audit, size_t run)
{
    return audit->run_count < 2 ? (double)WIDTH - EDGE
                                : EDGE + (double)run * (WIDTH - 2 * EDGE) / (double)(audit->run_count - 1);
}

static double y_of(double value, double peak)
{
    double share = peak > 0 ? fmin(fmax(value / peak, 0), 1) : 0;

    return HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
}

/* The line breaks where a run does not have the figure. */
static void write_line(FILE *out, const hg_audit *audit, const hg_audit_cell *cell, hg_audit_figure figure,
                       const char *series)
{
    double peak = peak_of(cell, figure);
    const hg_audit_point *last = NULL;
    bool pen = false;

    fprintf(out, "<path class=\"line %s\" d=\"", series);
    for (size_t i = 0; i < cell->count; i++) {
        double value = cell->points[i].figures[figure];
        if (isnan(value)) {
            pen = false;
            continue;
        }
        fputs(pen ? "L" : "M", out);
        hg_html_coordinate(out, x_of(audit, cell->points[i].run));
        fputc(' ', out);
        hg_html_coordinate(out, y_of(value, peak));
        pen = true;
        last = &cell->points[i];
    }
    fputs("\"/>", out);
    if (!last)
        return;
    fprintf(out, "<circle class=\"dot %s\" r=\"2.5\" cx=\"", series);
    hg_html_coordinate(out, x_of(audit, last->run));
    fputs("\" cy=\"", out);
    hg_html_coordinate(out, y_of(last->figures[figure], peak));
    fputs("\"/>", out);
}

/* A chart from 0 to its own peak, with its first and its latest value in words. */
static void write_figure(FILE *out, const hg_audit *audit, const hg_audit_cell *cell, hg_audit_figure figure)
{
    char from[48], to[48];
    const hg_audit_point *first = hg_audit_first(cell, figure), *last = hg_audit_last(audit, cell);
    const char *series = figure == HG_AUDIT_GROWTH && last && last->figures[figure] > 0 ? "s0" : "s1";

    if (!first)
        return;
    hg_audit_value(figure, first->figures[figure], from, sizeof from);
    hg_audit_value(figure, last ? last->figures[figure] : NAN, to, sizeof to);
    fprintf(out,
            "<figure><figcaption>%s <span class=\"now\">%s</span></figcaption>"
            "<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"%s: %s at first, %s in the latest run\">"
            "<path class=\"base\" d=\"M%d %dH%d\"/>",
            hg_audit_title(figure), to, WIDTH, HEIGHT, hg_audit_title(figure), from, to, EDGE, HEIGHT - EDGE,
            WIDTH - EDGE);
    write_line(out, audit, cell, figure, series);
    fprintf(out, "</svg><span class=\"note\">at first %s</span></figure>\n", from);
}

static void write_cell(FILE *out, const hg_audit *audit, const hg_audit_cell *cell)
{
    const hg_audit_point *last = hg_audit_last(audit, cell);
    bool as_expected = last && hg_expect_is_met(cell->expect, last->verdict);

    fputs("<li class=\"cell\"><h3>", out);
    hg_html_name(out, cell->workload);
    fputs(", ", out);
    hg_html_name(out, cell->subject);
    fputs("</h3><span class=\"quiet\">", out);
    hg_html_name(out, cell->allocator);
    fputs("</span> ", out);
    if (!last)
        fputs("<span class=\"quiet\">not in the latest run</span>", out);
    else
        fprintf(out, "<span class=\"%s\">%s%s%s</span>", last->met ? "good" : "bad",
                hg_verdict_name(last->verdict),
                last->met     ? ", as expected"
                : as_expected ? ", but not all is well"
                              : ", expected ",
                last->met || as_expected ? "" : hg_expect_name(cell->expect));
    fputs("\n<div class=\"small\">\n", out);
    for (int figure = 0; figure < HG_AUDIT_FIGURES; figure++)
        write_figure(out, audit, cell, (hg_audit_figure)figure);
    fputs("</div></li>\n", out);
}

static void write_cells(FILE *out, const hg_audit *audit)
{
    size_t shown = 0;

    fputs(
        "<section aria-labelledby=\"cells\">\n<h2 id=\"cells\">Each cell, run by run</h2>\n"
        "<p class=\"note\">Each chart goes from 0 to its own largest value, and from the first run to the "
        "latest one. Spare memory is the share of the allocator&rsquo;s memory that is not handed out.</p>\n"
        "<ul class=\"cells\">\n",
        out);
    for (size_t i = 0; i < audit->cell_count; i++)
        if (audit->cells[i].count > 0 && shown++ < HG_AUDIT_MOST_CELLS)
            write_cell(out, audit, &audit->cells[i]);
    fputs("</ul>\n", out);
    if (shown > HG_AUDIT_MOST_CELLS)
        fprintf(out, "<p class=\"note\">%s not shown.</p>\n",
                hg_human_things(shown - HG_AUDIT_MOST_CELLS, "more cell").text);
    fputs("</section>\n", out);
}

static void write_bound(FILE *out, const hg_audit_holder *holder)
{
    const hg_bound *bound = &holder->bound;

    if (!bound->known)
        fputs("none", out);
    if (bound->known && bound->blocks > 0)
        fprintf(out, "%s blocks", hg_human_integer(bound->blocks).text);
    if (bound->known && bound->bytes > 0)
        fprintf(out, "%s%s", bound->blocks > 0 ? ", " : "", hg_human_bytes((double)bound->bytes).text);
    if (!holder->within_bound)
        fputs(" <strong class=\"bad\">exceeded</strong>", out);
}

static void write_holders(FILE *out, const hg_audit *audit)
{
    fputs("<section aria-labelledby=\"holders\">\n<h2 id=\"holders\">What holds memory</h2>\n", out);
    if (audit->holder_count == 0) {
        fputs("<p class=\"empty\">No run tells of holders: run with <code>--holders always</code>, or give "
              "them bounds.</p>\n</section>\n",
              out);
        return;
    }
    fputs("<div class=\"scroll\"><table class=\"list\"><thead><tr><th scope=\"col\">Holder</th>"
          "<th scope=\"col\">Workload</th><th scope=\"col\" class=\"n\">Blocks</th>"
          "<th scope=\"col\" class=\"n\">Holds</th><th scope=\"col\">Bound</th>"
          "<th scope=\"col\">First seen</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < audit->holder_count && i < HG_AUDIT_MOST_HOLDERS; i++) {
        const hg_audit_holder *holder = &audit->holders[i];
        fputs("<tr><th scope=\"row\">", out);
        hg_html_name(out, holder->name);
        fputs("</th><td>", out);
        hg_html_name(out, holder->workload);
        fputs(", ", out);
        hg_html_name(out, holder->subject);
        fprintf(out, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td>",
                hg_human_integer(holder->blocks).text, hg_human_bytes((double)holder->bytes).text);
        write_bound(out, holder);
        fprintf(out, "</td><td>%s", holder->is_new ? "<strong>new</strong> " : "");
        write_day(out, audit->runs[holder->first].started);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    if (audit->holder_count > HG_AUDIT_MOST_HOLDERS)
        fprintf(out, "<p class=\"note\">%s not shown.</p>\n",
                hg_human_things(audit->holder_count - HG_AUDIT_MOST_HOLDERS, "more holder").text);
    fputs("</section>\n", out);
}

static void write_leak(FILE *out, const hg_audit *audit, const hg_audit_leak *leak)
{
    char age[96], state[96];

    hg_audit_age(audit, leak, age, sizeof age);
    hg_audit_state(audit, leak, state, sizeof state);
    fputs("<tr><th scope=\"row\">", out);
    hg_html_name(out, leak->what);
    fputs("</th><td>", out);
    hg_html_name(out, leak->why);
    fputs("</td><td>", out);
    hg_html_name(out, leak->who);
    fputs("</td><td>", out);
    hg_escape_html(out, age, 0);
    fputs("</td><td>", out);
    hg_escape_html(out, leak->until, 24);
    fprintf(out, "%s<span class=\"quiet\">%s</span></td><td class=\"n\">%s</td></tr>\n",
            leak->until[0] && state[0] ? ", " : "", state,
            leak->seen ? hg_human_bytes((double)leak->bytes).text : "&ndash;");
}

static void write_leaks(FILE *out, const hg_audit *audit)
{
    fputs("<section aria-labelledby=\"leaks\">\n<h2 id=\"leaks\">Deliberate leaks</h2>\n", out);
    if (audit->leak_count == 0)
        fputs("<p class=\"empty\">None is declared.</p>\n", out);
    else
        fputs("<div class=\"scroll\"><table class=\"list\"><thead><tr><th scope=\"col\">What</th>"
              "<th scope=\"col\">Why</th><th scope=\"col\">Who</th><th scope=\"col\">Age</th>"
              "<th scope=\"col\">Until</th><th scope=\"col\" class=\"n\">Keeps</th></tr></thead><tbody>\n",
              out);
    for (size_t i = 0; i < audit->leak_count; i++)
        write_leak(out, audit, &audit->leaks[i]);
    fputs(audit->leak_count > 0 ? "</tbody></table></div>\n</section>\n" : "</section>\n", out);
}

/* The parts of a line stand two blanks apart, which a page would not show. */
static void write_parts(FILE *out, const char *line)
{
    for (const char *next; (next = strstr(line, "  ")) != NULL; line = next + 2) {
        char part[512];
        snprintf(part, sizeof part, "%.*s", (int)(next - line), line);
        hg_escape_html(out, part, 400);
        fputs("; ", out);
    }
    hg_escape_html(out, line, 400);
}

static void write_needs(FILE *out, const hg_audit *audit)
{
    if (audit->need_count == 0)
        return;
    fputs("<section aria-labelledby=\"needs\">\n<h2 id=\"needs\">Memory at exit that needs a review</h2>\n"
          "<ul class=\"needs\">\n",
          out);
    for (size_t i = 0; i < audit->need_count && i < HG_AUDIT_MOST_HOLDERS; i++) {
        fputs("<li><b>", out);
        hg_html_name(out, audit->needs[i].cell);
        fputs("</b>", out);
        if (audit->needs[i].more > 0)
            fprintf(out, " and %s", hg_human_things(audit->needs[i].more, "more cell").text);
        fputs(": ", out);
        write_parts(out, audit->needs[i].line);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
    if (audit->need_count > HG_AUDIT_MOST_HOLDERS)
        fprintf(out, "<p class=\"note\">%s not shown.</p>\n",
                hg_human_things(audit->need_count - HG_AUDIT_MOST_HOLDERS, "more line").text);
    fputs("</section>\n", out);
}

static void write_sites(FILE *out, const hg_audit *audit)
{
    if (audit->site_count == 0)
        return;
    fputs("<section aria-labelledby=\"sites\">\n<h2 id=\"sites\">Allocation sites that no run tried</h2>\n"
          "<div class=\"scroll\"><table class=\"list\"><thead><tr><th scope=\"col\">Where</th>"
          "<th scope=\"col\">Calls</th><th scope=\"col\">Untried since</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < audit->site_count && i < HG_AUDIT_MOST_HOLDERS; i++) {
        const hg_audit_site *site = &audit->sites[i];
        fputs("<tr><th scope=\"row\">", out);
        hg_html_name(out, site->function);
        fputs(", ", out);
        hg_html_name(out, site->file[0] ? site->file : site->module);
        if (site->line > 0)
            fprintf(out, ":%d", site->line);
        fputs("</th><td>", out);
        hg_html_name(out, site->calls);
        fputs("</td><td>", out);
        write_day(out, audit->runs[site->first].started);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    if (audit->site_count > HG_AUDIT_MOST_HOLDERS)
        fprintf(out, "<p class=\"note\">%s not shown.</p>\n",
                hg_human_things(audit->site_count - HG_AUDIT_MOST_HOLDERS, "more site").text);
    fputs("</section>\n", out);
}

static void write_head(FILE *out, const hg_audit *audit)
{
    char summary[256];
    const hg_audit_run *last = audit->run_count > 0 ? &audit->runs[audit->run_count - 1] : NULL;

    hg_audit_summary(audit, summary, sizeof summary);
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'\">\n<title>Audit of ",
          out);
    hg_html_name(out, last ? last->suite : "");
    fprintf(out,
            "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<p class=\"kicker\">heapgate audit, ",
            style);
    hg_html_name(out, last ? last->suite : "");
    fprintf(out, "</p>\n<h1>%s, ", hg_human_things(audit->run_count, "run").text);
    write_day(out, audit->run_count > 0 ? audit->runs[0].started : "");
    fputs(" to ", out);
    write_day(out, last ? last->started : "");
    fprintf(out, "</h1>\n<p class=\"lead\">%s.</p>\n", summary[0] ? summary : "Nothing asks for a person");
    hg_audit_left_out(audit, summary, sizeof summary);
    if (summary[0])
        fprintf(out, "<p class=\"note\">Left out: %s.</p>\n", summary);
    fputs("</header>\n<main>\n", out);
}

bool hg_audit_html(const hg_audit *audit, FILE *out)
{
    write_head(out, audit);
    write_needs(out, audit);
    write_leaks(out, audit);
    write_cells(out, audit);
    write_holders(out, audit);
    write_sites(out, audit);
    fputs("</main>\n</body>\n</html>\n", out);
    return true;
}
