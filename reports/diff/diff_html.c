/*
 * A comparison as one page that needs no network and is complete without its script. Cells that changed have
 * a differential flame graph, and the same paths as a table.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "diff/diff_flame.h"
#include "diff/diff_report.h"
#include "html/html.h"

#define GRAPHS_MAX 200 /* cells with a graph; the list has them all */
#define PATHS_MAX  100 /* in a table */
#define ONLY_MAX   200 /* cells of one run, by name */

static const char style[] = {
#include "diff_style.inc"
    '\0'};

static void write_run(FILE *out, const char *side, const char *name, const hg_run *run)
{
    fprintf(out, "<dt>%s</dt><dd><code>", side);
    hg_html_name(out, name);
    fputs("</code> <span class=\"place\">", out);
    hg_html_name(out, run->suite);
    if (run->started && run->started[0]) {
        fputs(", ", out);
        hg_escape_html(out, run->started, 24);
    }
    fputs("</span></dd>\n", out);
}

static bool is_changed(const hg_diff *diff)
{
    for (size_t i = 0; i < diff->cell_count; i++)
        if (hg_diff_is_changed(&diff->cells[i]))
            return true;
    return false;
}

static void write_head(FILE *out, const hg_diff *diff, const hg_diff_names *names)
{
    int code = hg_diff_exit_code(diff);
    bool changed = is_changed(diff);

    hg_html_page_begin(out, "heapgate diff", names->b, style);
    fprintf(out, "<header>\n<p class=\"kicker\">heapgate diff</p>\n<h1>");
    if (changed) {
        fprintf(out, "<span class=\"outcome %s\">%s</span> ",
                code == 1   ? "leak"
                : code == 3 ? "inconclusive"
                            : "pass",
                code == 1   ? "Worse"
                : code == 3 ? "Unclear"
                            : "Not worse");
        hg_diff_write_counts(diff, out);
    } else {
        fputs("No difference", out);
    }
    fputs("</h1>\n<p class=\"lead\">", out);
    if (!changed)
        fprintf(out, "%s compared: what leaks in one run leaks in the other, at the same rate.",
                hg_human_things(diff->cell_count, "cell").text);
    else
        fputs(code == 1   ? "B leaks where A does not, or leaks faster than A."
              : code == 3 ? "A cell could not be compared: it failed or is inconclusive."
                          : "Nothing is new or worse in B.",
              out);
    fputs("</p>\n<dl class=\"runs\">\n", out);
    write_run(out, "A", names->a, diff->a);
    write_run(out, "B", names->b, diff->b);
    fputs("</dl>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n", out);
}

static void write_cell_name(FILE *out, const hg_cell_diff *cell)
{
    hg_escape_html(out, hg_view_name(cell->b->workload), 60);
    fputs(", ", out);
    if (!hg_same_text(cell->a->subject, cell->b->subject)) {
        hg_escape_html(out, hg_view_name(cell->a->subject), 40);
        fputs(" \u2192 ", out);
    }
    hg_html_cell_name(out, cell->b);
}

static const char *colour_of(hg_change change)
{
    switch (change) {
    case HG_CHANGE_NEW:
    case HG_CHANGE_WORSE:
        return "up";
    case HG_CHANGE_BETTER:
    case HG_CHANGE_FIXED:
        return "down";
    default:
        return "quiet";
    }
}

static void write_change(FILE *out, hg_change change)
{
    fprintf(out, "<td class=\"%s\">%s</td>", colour_of(change), hg_change_name(change));
}

static void write_cell_rate(FILE *out, const hg_cell *cell)
{
    fputs(hg_verdict_is_sure(cell->verdict) ? hg_human_bytes(cell->bytes_per_op).text
                                            : hg_verdict_name(cell->verdict),
          out);
}

/* A row for each cell that changed, or for each other one. */
static void write_rows(FILE *out, const hg_diff *diff, bool changed)
{
    size_t graphs = 0;

    fputs("<table class=\"list\">\n<thead><tr><th scope=\"col\">Cell</th><th scope=\"col\">Change</th>"
          "<th scope=\"col\" class=\"n\">Growth per op</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < diff->cell_count; i++) {
        const hg_cell_diff *cell = &diff->cells[i];
        if (hg_diff_is_changed(cell) != changed)
            continue;
        bool linked = changed && graphs++ < GRAPHS_MAX;
        fputs("<tr><th scope=\"row\">", out);
        if (linked)
            fprintf(out, "<a href=\"#p%zu\">", i);
        write_cell_name(out, cell);
        fprintf(out, "%s</th>", linked ? "</a>" : "");
        write_change(out, cell->change);
        fputs("<td class=\"n\">", out);
        write_cell_rate(out, cell->a);
        fputs(" \u2192 ", out);
        write_cell_rate(out, cell->b);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody>\n</table>\n", out);
}

/* The contents: every cell with its change, and a link to its graph. */
static void write_cells(FILE *out, const hg_diff *diff)
{
    size_t changed = 0;

    for (size_t i = 0; i < diff->cell_count; i++)
        changed += hg_diff_is_changed(&diff->cells[i]);
    fputs("<section aria-labelledby=\"cells\">\n<h2 id=\"cells\">Cells</h2>\n", out);
    if (changed > 0)
        write_rows(out, diff, true);
    if (changed < diff->cell_count) {
        size_t same = diff->cell_count - changed;
        fprintf(out, "<details><summary>%s without a difference</summary>\n",
                hg_human_things(same, "cell").text);
        write_rows(out, diff, false);
        fputs("</details>\n", out);
    }
    fputs("</section>\n", out);
}

static void write_only(FILE *out, const char *side, const hg_cell *const *cells, size_t count)
{
    if (count == 0)
        return;
    fprintf(out, "<section>\n<h2>Only in %s</h2>\n<p>%s, not compared:</p>\n<ul>\n", side,
            hg_human_things(count, "cell").text);
    for (size_t i = 0; i < count && i < ONLY_MAX; i++) {
        fputs("<li>", out);
        hg_escape_html(out, hg_view_name(cells[i]->workload), 60);
        fputs(", ", out);
        hg_html_cell_name(out, cells[i]);
        fprintf(out, ": %s</li>\n", hg_verdict_name(cells[i]->verdict));
    }
    if (count > ONLY_MAX)
        fprintf(out, "<li class=\"note\">and %zu more</li>\n", count - ONLY_MAX);
    fputs("</ul>\n</section>\n", out);
}

static void write_side(FILE *out, const hg_diff_side *side)
{
    fputs(side->site ? hg_human_bytes(side->bytes_per_op).text : "&ndash;", out);
}

static void write_path(FILE *out, const hg_site_diff *site)
{
    const hg_site *shown = site->b.site ? site->b.site : site->a.site;

    fputs("<tr>", out);
    write_change(out, site->change);
    fputs("<td class=\"n\">", out);
    write_side(out, &site->a);
    fputs(" \u2192 ", out);
    write_side(out, &site->b);
    fputs("</td><td><code>", out);
    if (shown->frame_count > 0) {
        hg_html_function(out, &shown->frames[0], HG_HTML_NAME_LIMIT);
        fputs("</code> <span class=\"place\">", out);
        hg_html_place(out, &shown->frames[0]);
        fputs("</span>", out);
        if (shown->frame_count > 1) {
            fputs(" \u2190 <code>", out);
            hg_html_function(out, &shown->frames[1], 60);
            fputs("</code>", out);
        }
    } else {
        fputs("</code>no call stack", out);
    }
    if (site->renamed && site->a.site && site->b.site) {
        fputs(", probably renamed from <code>", out);
        hg_html_function(out, &site->a.site->frames[site->renamed_frame], 60);
        fputs("</code>", out);
    }
    fputs("</td></tr>\n", out);
}

static void write_verdict(FILE *out, const hg_cell *cell)
{
    fputs(hg_verdict_name(cell->verdict), out);
    if (hg_verdict_is_sure(cell->verdict))
        fprintf(out, ", %s per op", hg_human_bytes(cell->bytes_per_op).text);
}

static void write_pair(FILE *out, const hg_cell_diff *cell, size_t index)
{
    size_t shown = cell->site_count < PATHS_MAX ? cell->site_count : PATHS_MAX;

    fprintf(out, "<section class=\"workload pair\" id=\"p%zu\" aria-labelledby=\"h%zu\">\n<h2 id=\"h%zu\">",
            index, index, index);
    write_cell_name(out, cell);
    fputs("</h2>\n<p>A: ", out);
    write_verdict(out, cell->a);
    fputs(". B: ", out);
    write_verdict(out, cell->b);
    fputs(".</p>\n", out);
    hg_diff_flame(out, cell);
    if (shown > 0) {
        fputs("<table class=\"list\">\n<thead><tr><th scope=\"col\">Change</th><th scope=\"col\" "
              "class=\"n\">Growth per op</th>"
              "<th scope=\"col\">Call path from</th></tr></thead>\n<tbody>\n",
              out);
        for (size_t i = 0; i < shown; i++)
            write_path(out, &cell->sites[i]);
        fputs("</tbody>\n</table>\n", out);
    }
    if (shown < cell->site_count)
        fprintf(out, "<p class=\"note\">%s: see heapgate diff --verbose.</p>\n",
                hg_human_things(cell->site_count - shown, "more call path").text);
    fputs("</section>\n", out);
}

void hg_diff_html(const hg_diff *diff, const hg_diff_names *names, FILE *out)
{
    size_t graphs = 0;

    write_head(out, diff, names);
    write_cells(out, diff);
    write_only(out, "A", diff->only_a, diff->only_a_count);
    write_only(out, "B", diff->only_b, diff->only_b_count);
    for (size_t i = 0; i < diff->cell_count; i++)
        if (hg_diff_is_changed(&diff->cells[i]) && graphs++ < GRAPHS_MAX)
            write_pair(out, &diff->cells[i], i);
    if (graphs > GRAPHS_MAX)
        fprintf(out, "<p class=\"note\">%s that changed: only in the list above.</p>\n",
                hg_human_things(graphs - GRAPHS_MAX, "more cell").text);
    fputs("</main>\n", out);
    hg_html_page_end(out);
}
