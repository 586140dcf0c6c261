/*
 * The table of the first screen: one row per workload, or per group of allocators that agree, and one column
 * per subject. A run with many subjects, or with a cell that occurs twice, has one row per cell instead.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "html/html_lines.h"

#define SUBJECT_COLUMNS_MAX 4

static bool fits_columns(const hg_view *view)
{
    if (view->subject_count > SUBJECT_COLUMNS_MAX)
        return false;
    for (size_t i = 1; i < view->count; i++) {
        const hg_cell *a = view->cells[i - 1];
        const hg_cell *b = view->cells[i];
        if (hg_same_text(a->workload, b->workload) && hg_same_text(a->allocator, b->allocator) &&
            hg_same_text(a->subject, b->subject))
            return false;
    }
    return true;
}

static void write_rate(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    bool linked = index < HG_HTML_CELLS_MAX;

    fprintf(out, "<td class=\"n rate %s\">", cell->met ? "met" : "unmet");
    if (linked)
        fprintf(out, "<a href=\"#c%zu\">", index);
    fputs(hg_cell_is_judged(cell) ? hg_human_bytes(cell->bytes_per_op).text : "&ndash;", out);
    fprintf(out, "%s <span class=\"v %s\">%s</span></td>", linked ? "</a>" : "",
            hg_verdict_name(cell->verdict), hg_verdict_name(cell->verdict));
}

/* The change of the growth from the first subject to the second. */
static void write_change(FILE *out, const hg_view *view, size_t start, size_t end)
{
    size_t first = hg_html_find(view, start, end, view->subjects[0]);
    size_t second = hg_html_find(view, start, end, view->subjects[1]);
    const hg_cell *from = first < end ? view->cells[first] : NULL;
    const hg_cell *to = second < end ? view->cells[second] : NULL;
    bool known = from && to && hg_cell_is_judged(from) && hg_cell_is_judged(to);

    fputs("<td class=\"n\">", out);
    if (!known)
        fputs("&ndash;", out);
    else if (from->bytes_per_op <= 0 || from->verdict == HG_VERDICT_CLEAN)
        fputs(to->verdict == HG_VERDICT_LEAK ? "<strong class=\"bad\">new leak</strong>" : "none", out);
    else
        hg_html_percent(out, from->bytes_per_op, to->bytes_per_op);
    fputs("</td>", out);
}

static void write_unmet_or_yes(FILE *out, const hg_view *view, size_t start, size_t end)
{
    size_t unmet = 0;

    fputs("<td>", out);
    for (size_t i = start; i < end; i++) {
        const hg_cell *cell = view->cells[i];
        if (cell->met || hg_html_find(view, start, i, cell->subject) < i)
            continue;
        fputs(unmet++ > 0 ? "; " : "<strong class=\"bad\">no: ", out);
        hg_escape_html(out, hg_view_name(cell->subject), 24);
        const hg_trouble *trouble = hg_cell_trouble(cell);
        fprintf(out, " %s",
                trouble                           ? trouble->says
                : cell->expect == HG_EXPECT_LEAK  ? "should leak"
                : cell->expect == HG_EXPECT_CLEAN ? "should be clean"
                                                  : "should fragment");
    }
    fputs(unmet > 0 ? "</strong></td>" : "yes</td>", out);
}

static void write_curve(FILE *out, const hg_view *view, size_t start, size_t end)
{
    fputs("<td class=\"curve\">", out);
    if (start < HG_HTML_CELLS_MAX)
        hg_html_sparkline(out, view, start, end);
    fputs("</td>", out);
}

/* The names at the start of a row; a repeated workload is only for screen readers. */
static void write_row_head(FILE *out, const hg_view *view, size_t start, size_t end)
{
    const hg_cell *cell = view->cells[start];
    bool same = start > 0 && hg_same_text(view->cells[start - 1]->workload, cell->workload);

    fprintf(out, "<tr%s><th scope=\"row\"><span%s>", same ? "" : " class=\"first\"",
            same ? " class=\"quiet\"" : "");
    hg_escape_html(out, hg_view_name(cell->workload), 60);
    fputs("</span></th><td>", out);
    hg_html_allocators(out, view, start, end);
    fputs("</td>", out);
}

static void write_columns(FILE *out, const hg_view *view)
{
    bool pair = view->subject_count == 2;

    for (size_t i = 0; i < view->subject_count; i++) {
        fprintf(out, "<th scope=\"col\" class=\"n rate\">%s",
                pair && i == 1 ? "<span class=\"arrow\">&rarr;</span> " : "");
        if (view->subject_count > 1)
            fprintf(out, "<i class=\"key s%zu\"></i>", i % 4);
        hg_escape_html(out, hg_view_name(view->subjects[i]), 24);
        fputs("</th>", out);
    }
    fprintf(out,
            "%s<th scope=\"col\" class=\"curve\">Live memory</th><th scope=\"col\">As "
            "expected</th></tr></thead>\n<tbody>\n",
            pair ? "<th scope=\"col\" class=\"n\">Change</th>" : "");
    for (size_t start = 0; start < view->count;) {
        size_t end = hg_html_row_end(view, start);
        write_row_head(out, view, start, end);
        for (size_t i = 0; i < view->subject_count; i++) {
            size_t index = hg_html_find(view, start, end, view->subjects[i]);
            if (index < end)
                write_rate(out, view, index);
            else
                fputs("<td class=\"n none\">not run</td>", out);
        }
        if (pair)
            write_change(out, view, start, end);
        write_curve(out, view, start, hg_view_allocator_end(view, start));
        write_unmet_or_yes(out, view, start, end);
        fputs("</tr>\n", out);
        start = end;
    }
}

static void write_cells(FILE *out, const hg_view *view)
{
    fputs("<th scope=\"col\">Subject</th><th scope=\"col\" class=\"n rate\">Growth</th><th scope=\"col\" "
          "class=\"curve\">Live memory</th><th scope=\"col\">As expected</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < view->count; i++) {
        write_row_head(out, view, i, i + 1);
        fputs("<td>", out);
        hg_escape_html(out, hg_view_name(view->cells[i]->subject), 40);
        fputs("</td>", out);
        write_rate(out, view, i);
        write_curve(out, view, i, i + 1);
        write_unmet_or_yes(out, view, i, i + 1);
        fputs("</tr>\n", out);
    }
}

void hg_html_summary(FILE *out, const hg_view *view)
{
    fputs("<section aria-labelledby=\"growth\">\n<h2 id=\"growth\">Growth per op</h2>\n"
          "<div class=\"scroll\" role=\"region\" aria-labelledby=\"growth\" tabindex=\"0\">\n"
          "<table class=\"summary\">\n<thead><tr><th scope=\"col\">Workload</th><th "
          "scope=\"col\">Allocator</th>",
          out);
    if (fits_columns(view))
        write_columns(out, view);
    else
        write_cells(out, view);
    fputs("</tbody>\n</table>\n</div>\n</section>\n", out);
}
