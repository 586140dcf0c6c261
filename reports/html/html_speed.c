#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"

static void write_rate(FILE *out, hg_spread rate)
{
    fprintf(out, "<td>%s</td><td class=\"quiet\">%s to ", hg_human_count(rate.median).text,
            hg_human_count(rate.low).text);
    fprintf(out, "%s</td>", hg_human_count(rate.high).text);
}

static void write_time(FILE *out, hg_spread ns)
{
    if (ns.median <= 0) {
        fputs("<td>&ndash;</td><td></td>", out);
        return;
    }
    fprintf(out, "<td>%s</td><td class=\"quiet\">%s to ", hg_human_brief(ns.median / 1e9).text,
            hg_human_brief(ns.low / 1e9).text);
    fprintf(out, "%s</td>", hg_human_brief(ns.high / 1e9).text);
}

static void write_against(FILE *out, const hg_cell *cell)
{
    hg_spread against = cell->speed.against;

    if (against.median > 0)
        fprintf(out, "<td%s>%.2f&times;</td><td class=\"quiet\">%.2f to %.2f</td>",
                cell->too_slow ? " class=\"bad\"" : "", against.median, against.low, against.high);
    else
        fputs("<td></td><td></td>", out);
}

static void write_row(FILE *out, const hg_cell *cell)
{
    fputs("<tr><th scope=\"row\">", out);
    hg_html_cell_name(out, cell);
    fputs("</th>", out);
    write_rate(out, cell->speed.ops_per_second);
    write_against(out, cell);
    write_time(out, cell->speed.p50_ns);
    write_time(out, cell->speed.p99_ns);
    fputs("</tr>\n", out);
}

static size_t first_timed(const hg_view *view, size_t start, size_t end)
{
    size_t i = start;

    while (i < end && !hg_cell_is_timed(view->cells[i]))
        i++;
    return i;
}

void hg_html_speed(FILE *out, const hg_view *view, size_t start, size_t end)
{
    static const char against[] = "Against " HG_REFERENCE;
    static const char *const titles[] = {"Ops/s", against, "Time per op, median", "99th percentile"};
    size_t i = first_timed(view, start, end);
    bool explained = first_timed(view, 0, start) < start;

    if (i == end)
        return;
    fputs("<div class=\"scroll\" role=\"region\" aria-label=\"Speed without the probe\" tabindex=\"0\">\n"
          "<table class=\"n figures\"><thead><tr><th scope=\"col\">Speed without the probe</th>",
          out);
    for (size_t t = 0; t < sizeof titles / sizeof *titles; t++)
        fprintf(out, "<th scope=\"col\">%s</th><th scope=\"col\">Quartiles</th>", titles[t]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (; i < end; i++)
        if (hg_cell_is_timed(view->cells[i]))
            write_row(out, view->cells[i]);
    fputs("</tbody></table></div>\n", out);
    if (explained) /* the first table explains them all */
        return;
    fputs("<p class=\"note\">Medians of several processes that took turns, with their "
          "quartiles. Wall-clock time without the time in which another program had the processor. "
          "Against " HG_REFERENCE ": the ratio of ops per second, pair by pair.</p>\n",
          out);
}
