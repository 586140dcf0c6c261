/*
 * Rows of the tables: which cells share a row, and how a row starts.
 */
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"

#include <math.h>
#include <string.h>

size_t hg_html_find(const hg_view *view, size_t start, size_t end, const char *subject)
{
    size_t i = start;

    while (i < end && !hg_same_text(view->cells[i]->subject, subject))
        i++;
    return i;
}

static bool reads_the_same(const hg_cell *a, const hg_cell *b)
{
    return hg_same_text(a->subject, b->subject) && a->verdict == b->verdict && a->expect == b->expect &&
           a->met == b->met && a->rate_per_hour == b->rate_per_hour &&
           strcmp(hg_human_bytes(a->bytes_per_op).text, hg_human_bytes(b->bytes_per_op).text) == 0;
}

size_t hg_html_row_end(const hg_view *view, size_t start)
{
    size_t first_end = hg_view_allocator_end(view, start);
    size_t end = first_end;

    while (end < view->count && hg_same_text(view->cells[end]->workload, view->cells[start]->workload)) {
        size_t next = hg_view_allocator_end(view, end);
        if (next - end != first_end - start)
            break;
        size_t same = 0;
        while (end + same < next && reads_the_same(view->cells[start + same], view->cells[end + same]))
            same++;
        if (end + same < next)
            break;
        end = next;
    }
    return end;
}

void hg_html_allocators(FILE *out, const hg_view *view, size_t start, size_t end)
{
    for (size_t i = start; i < end; i = hg_view_allocator_end(view, i)) {
        if (i > start)
            fputs(", ", out);
        hg_escape_html(out, hg_view_name(view->cells[i]->allocator), 24);
    }
}

void hg_html_percent(FILE *out, double a, double b)
{
    double percent = hg_percent_change(a, b);
    double size = fmin(fabs(percent), 999999);
    bool partly = percent < 0 && percent > -100;

    if (size < 0.05) {
        fputs("0&nbsp;%", out);
        return;
    }
    fputs(percent > 0 ? "+" : "&minus;", out);
    hg_html_coordinate(out, partly ? floor(size * 10) / 10 : round(fmin(size, percent < 0 ? 100 : size)));
    fputs("&nbsp;%", out);
}

const hg_cell *hg_html_other(const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_cell *next = index + 1 < view->count ? view->cells[index + 1] : NULL;

    if (view->subject_count != 2 || !next || !hg_same_text(cell->subject, view->subjects[0]) ||
        !hg_same_text(next->subject, view->subjects[1]) || !hg_same_text(next->workload, cell->workload) ||
        !hg_same_text(next->allocator, cell->allocator) || next->verdict == HG_VERDICT_FAILED)
        return NULL;
    return next;
}
