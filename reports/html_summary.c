/*
 * The first screen's table: one row a workload and allocator, one column a subject. Runs that do not fit that
 * shape (many subjects, a cell twice) get one row a cell.
 */
#include "escape.h"
#include "html.h"
#include "humanise.h"

#include <math.h>

#define SUBJECT_COLUMNS_MAX 4

/* "yes", or "no, expected clean". */
static void write_expected(FILE *out, const hg_cell *cell)
{
    if (cell->met)
        fputs("yes", out);
    else
        fprintf(out, "<strong class=\"bad\">no, expected %s</strong>", hg_expect_name(cell->expect));
}

/* The index of a subject's cell among cells[start..end); end where there is none. */
static size_t find_cell(const hg_view *view, size_t start, size_t end, const char *subject)
{
    size_t i = start;

    while (i < end && !hg_same_text(view->cells[i]->subject, subject))
        i++;
    return i;
}

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

    fprintf(out, "<td class=\"n %s\"><a href=\"#c%zu\">", cell->met ? "met" : "unmet", index);
    if (cell->verdict == HG_VERDICT_FAILED)
        fputs("&ndash;", out);
    else
        fputs(hg_human_bytes(cell->bytes_per_op).text, out);
    fprintf(out, "</a> <span class=\"v %s\">%s</span></td>", hg_verdict_name(cell->verdict),
            hg_verdict_name(cell->verdict));
}

/* A whole number of percent, but 99.8 rather than 100 while anything is left. */
static void write_percent(FILE *out, double percent)
{
    double size = fmin(fabs(percent), 999999);
    bool nearly_all = percent < -99 && percent > -100;

    fputs(percent > 0 ? "+" : "&minus;", out);
    hg_html_coordinate(out, nearly_all ? floor(size * 10) / 10 : round(fmin(size, percent < 0 ? 100 : size)));
    fputs("&nbsp;%", out);
}

/* How much less the second subject grows than the first, in percent. */
static void write_change(FILE *out, const hg_view *view, size_t start, size_t end)
{
    size_t first = find_cell(view, start, end, view->subjects[0]);
    size_t second = find_cell(view, start, end, view->subjects[1]);
    const hg_cell *from = first < end ? view->cells[first] : NULL;
    const hg_cell *to = second < end ? view->cells[second] : NULL;
    bool known = from && to && from->verdict != HG_VERDICT_FAILED && to->verdict != HG_VERDICT_FAILED;
    double a = known ? from->bytes_per_op : 0;
    double b = known ? to->bytes_per_op : 0;

    fputs("<td class=\"n\">", out);
    if (!known)
        fputs("&ndash;", out);
    else if (a <= 0 || from->verdict == HG_VERDICT_CLEAN)
        fputs(to->verdict == HG_VERDICT_LEAK ? "<strong class=\"bad\">new leak</strong>" : "none", out);
    else
        write_percent(out, 100 * (b - a) / a);
    fputs("</td>", out);
}

static void write_unmet_or_yes(FILE *out, const hg_view *view, size_t start, size_t end)
{
    size_t unmet = 0;

    fputs("<td>", out);
    for (size_t i = start; i < end; i++) {
        const hg_cell *cell = view->cells[i];
        if (cell->met)
            continue;
        fputs(unmet++ > 0 ? "; " : "<strong class=\"bad\">no: ", out);
        hg_escape_html(out, hg_view_name(cell->subject), 24);
        fputs(cell->expect == HG_EXPECT_LEAK ? " should leak" : " should be clean", out);
    }
    fputs(unmet > 0 ? "</strong></td>" : "yes</td>", out);
}

/* The names a row starts with; a name that the row above said is kept for screen readers only. */
static void write_row_head(FILE *out, const hg_view *view, size_t start)
{
    const hg_cell *cell = view->cells[start];
    bool same = start > 0 && hg_same_text(view->cells[start - 1]->workload, cell->workload);

    fprintf(out, "<tr%s><th scope=\"row\"><span%s>", same ? "" : " class=\"first\"",
            same ? " class=\"quiet\"" : "");
    hg_escape_html(out, hg_view_name(cell->workload), 40);
    fputs("</span></th><td>", out);
    hg_escape_html(out, hg_view_name(cell->allocator), 24);
    fputs("</td>", out);
}

static void write_columns(FILE *out, const hg_view *view)
{
    bool pair = view->subject_count == 2;

    for (size_t i = 0; i < view->subject_count; i++) {
        fputs("<th scope=\"col\" class=\"n\">", out);
        hg_escape_html(out, hg_view_name(view->subjects[i]), 24);
        fputs("</th>", out);
    }
    fprintf(out,
            "%s<th scope=\"col\" class=\"curve\">Live memory</th><th scope=\"col\">As "
            "expected</th></tr></thead>\n<tbody>\n",
            pair ? "<th scope=\"col\" class=\"n\">Change</th>" : "");
    for (size_t start = 0; start < view->count;) {
        size_t end = hg_view_allocator_end(view, start);
        write_row_head(out, view, start);
        for (size_t i = 0; i < view->subject_count; i++) {
            size_t index = find_cell(view, start, end, view->subjects[i]);
            if (index < end)
                write_rate(out, view, index);
            else
                fputs("<td class=\"n none\">not run</td>", out);
        }
        if (pair)
            write_change(out, view, start, end);
        fputs("<td class=\"curve\">", out);
        hg_html_sparkline(out, view, start, end);
        fputs("</td>", out);
        write_unmet_or_yes(out, view, start, end);
        fputs("</tr>\n", out);
        start = end;
    }
}

static void write_cells(FILE *out, const hg_view *view)
{
    fputs("<th scope=\"col\">Subject</th><th scope=\"col\" class=\"n\">Growth</th><th scope=\"col\" "
          "class=\"curve\">Live memory</th>"
          "<th scope=\"col\">As expected</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < view->count; i++) {
        write_row_head(out, view, i);
        fputs("<td>", out);
        hg_escape_html(out, hg_view_name(view->cells[i]->subject), 24);
        fputs("</td>", out);
        write_rate(out, view, i);
        fputs("<td class=\"curve\">", out);
        hg_html_sparkline(out, view, i, i + 1);
        fputs("</td><td>", out);
        write_expected(out, view->cells[i]);
        fputs("</td></tr>\n", out);
    }
}

void hg_html_summary(FILE *out, const hg_view *view)
{
    fputs("<section aria-labelledby=\"growth\">\n<h2 id=\"growth\">Growth per op</h2>\n"
          "<div class=\"scroll\" role=\"region\" aria-labelledby=\"growth\" tabindex=\"0\">\n<table>\n"
          "<thead><tr><th scope=\"col\">Workload</th><th scope=\"col\">Allocator</th>",
          out);
    if (fits_columns(view))
        write_columns(out, view);
    else
        write_cells(out, view);
    fputs("</tbody>\n</table>\n</div>\n</section>\n", out);
}
