/*
 * The memory of both subjects at the end of the run, as a process monitor would have shown it.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"

#define ROWS_MAX 60

static void write_reduction(FILE *out, int64_t from, int64_t to)
{
    fprintf(out, "<td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">",
            hg_human_bytes((double)from).text, hg_human_bytes((double)to).text);
    if (from > 0)
        hg_html_percent(out, (double)from, (double)to);
    else
        fputs("&ndash;", out);
    fputs("</td>", out);
}

/* Whether a pair starts here that can be compared: the second ran at least as many ops as the first. */
static bool pair_at(const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_cell *other = hg_html_other(view, index);

    return other && cell->verdict != HG_VERDICT_FAILED && cell->sample_count > 0 && other->sample_count > 0 &&
           cell->samples[cell->sample_count - 1].ops <= other->samples[other->sample_count - 1].ops;
}

static void write_pair_head(FILE *out, const hg_view *view, const char *what)
{
    for (size_t i = 0; i < 2; i++) {
        fprintf(out, "<th scope=\"col\" class=\"n\">%s, ", what);
        hg_escape_html(out, hg_view_name(view->subjects[i]), 24);
        fputs("</th>", out);
    }
    fputs("<th scope=\"col\" class=\"n\">Change</th>", out);
}

static void write_row(FILE *out, const hg_cell *cell, const hg_cell *other)
{
    const hg_sample *from = &cell->samples[cell->sample_count - 1];
    const hg_sample *to = &other->samples[other->sample_count - 1];

    fputs("<tr><th scope=\"row\">", out);
    hg_escape_html(out, hg_view_name(cell->workload), 60);
    fputs("</th><td>", out);
    hg_escape_html(out, hg_view_name(cell->allocator), 24);
    fprintf(out, "</td><td class=\"n\">%s", hg_human_count_tick((double)from->ops).text);
    if (to->ops != from->ops)
        fprintf(out, ", %s", hg_human_count_tick((double)to->ops).text);
    fputs("</td>", out);
    write_reduction(out, from->live_bytes, to->live_bytes);
    write_reduction(out, from->resident_bytes, to->resident_bytes);
    fputs("</tr>\n", out);
}

bool hg_html_has_saved(const hg_view *view)
{
    size_t i = 0;

    while (i < view->count && !pair_at(view, i))
        i++;
    return i < view->count;
}

void hg_html_saved(FILE *out, const hg_view *view)
{
    size_t pairs = 0;

    for (size_t i = 0; i < view->count; i++)
        pairs += pair_at(view, i);
    if (pairs == 0)
        return;
    fputs("<section aria-labelledby=\"saved\">\n<h2 id=\"saved\">Memory at the end of the run</h2>\n<div "
          "class=\"scroll\" "
          "role=\"region\" aria-labelledby=\"saved\" tabindex=\"0\">\n<table "
          "class=\"projection\"><thead><tr><th "
          "scope=\"col\">Workload</th><th scope=\"col\">Allocator</th><th scope=\"col\" "
          "class=\"n\">Ops</th>",
          out);
    write_pair_head(out, view, "Live");
    write_pair_head(out, view, "Resident");
    fputs("</tr></thead>\n<tbody>\n", out);
    size_t rows = 0;
    for (size_t i = 0; i < view->count && rows < ROWS_MAX; i++) {
        if (pair_at(view, i)) {
            write_row(out, view->cells[i], hg_html_other(view, i));
            rows++;
        }
    }
    fputs("</tbody></table></div>\n", out);
    if (rows < pairs)
        fprintf(out, "<p class=\"note\">%s in run.json.</p>\n",
                hg_human_things(pairs - rows, "more pair").text);
    fputs("</section>\n", out);
}
