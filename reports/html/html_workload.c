#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"
#include "html/html_lines.h"

#include <math.h>

typedef struct picture {
    const char *title;
    hg_measure measure;
} picture;

static const picture pictures[] = {
    {"Live memory", HG_MEASURE_LIVE_BYTES},
    {"Live blocks", HG_MEASURE_LIVE_BLOCKS},
    {"Ops per second of processor time", HG_MEASURE_OPS_PER_SECOND},
};
#define PICTURES (sizeof pictures / sizeof *pictures)

/* The cells of a workload, and the top of the axis of each picture. */
typedef struct range {
    size_t start, end;
    double peaks[PICTURES];
} range;

static bool any_sample(const hg_view *view, size_t start, size_t end)
{
    size_t i = start;

    while (i < end && view->cells[i]->sample_count == 0)
        i++;
    return i < end;
}

/* Whether the speed of the workload is known without the probe, which has a table of its own. */
static bool any_timed(const hg_view *view, size_t start, size_t end)
{
    size_t i = start;

    while (i < end && !hg_cell_is_timed(view->cells[i]))
        i++;
    return i < end;
}

/* All subjects on one axis. Charts of one kind have the same peak, so that allocators can be compared. */
/* How many allocators after this one have the same curves; each has as many cells. */
static size_t count_alike(const hg_view *view, size_t start, size_t end, size_t p, const range *of)
{
    size_t count = end - start, alike = 0;

    for (size_t i = end; i + count <= of->end && hg_view_allocator_end(view, i) == i + count; i += count)
        alike += hg_html_same_curves(view, start, i, count, pictures[p].measure, of->peaks[p]);
    return alike;
}

/* Whether an allocator before this one has the same curves. */
static bool is_alike(const hg_view *view, size_t start, size_t end, size_t p, const range *of)
{
    size_t count = end - start;

    for (size_t i = start; i >= of->start + count; i -= count)
        if (hg_view_allocator_end(view, i - count) == i &&
            hg_html_same_curves(view, i - count, start, count, pictures[p].measure, of->peaks[p]))
            return true;
    return false;
}

static void write_charts(FILE *out, const hg_view *view, size_t start, size_t end, const range *of)
{
    bool timed = any_timed(view, start, end);

    for (size_t p = 0; p < PICTURES; p++) {
        if (timed && pictures[p].measure == HG_MEASURE_OPS_PER_SECOND)
            continue;
        if (is_alike(view, start, end, p, of))
            continue;
        hg_html_chart chart = {.title = pictures[p].title,
                               .place = hg_view_name(view->cells[start]->allocator),
                               .alike = count_alike(view, start, end, p, of),
                               .peak = of->peaks[p]};
        for (size_t i = start; i < end; i++)
            hg_html_chart_add(&chart, (hg_html_line){.cell = view->cells[i],
                                                     .measure = pictures[p].measure,
                                                     .name = view->cells[i]->subject,
                                                     .style = hg_html_series(view, view->cells[i])});
        hg_html_chart_write(out, &chart);
    }
}

static void write_all_charts(FILE *out, const hg_view *view, size_t start, size_t end)
{
    range of = {.start = start, .end = end};

    for (size_t p = 0; p < PICTURES; p++)
        of.peaks[p] = hg_html_peak(view, start, end, pictures[p].measure);
    fputs("<div class=\"charts\">\n", out);
    for (size_t i = start; i < end;) {
        size_t last = hg_view_allocator_end(view, i);
        size_t next = last < end ? last : end;
        if (any_sample(view, i, next))
            write_charts(out, view, i, next, &of);
        i = next;
    }
    fputs("</div>\n", out);
}

static void write_bytes(FILE *out, int64_t bytes)
{
    fprintf(out, "<td>%s</td>", bytes < 0 ? "&ndash;" : hg_human_bytes((double)bytes).text);
}

/* The speed divided by that of the first subject on the same allocator. */
static void write_ratio(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];
    const hg_cell *first = index > 0 ? view->cells[index - 1] : NULL;
    bool comparable = first && hg_same_text(first->workload, cell->workload) &&
                      hg_same_text(first->allocator, cell->allocator) &&
                      hg_same_text(first->subject, view->subjects[0]) && first->ops_per_second > 0 &&
                      isfinite(cell->ops_per_second / first->ops_per_second);

    if (comparable)
        fprintf(out, "<td>%s&times;</td>", hg_human_count(cell->ops_per_second / first->ops_per_second).text);
    else
        fputs("<td></td>", out);
}

static void write_probed_speed(FILE *out, const hg_view *view, size_t index)
{
    const hg_cell *cell = view->cells[index];

    if (hg_cell_is_judged(cell) && cell->ops_per_second > 0)
        fprintf(out, "<td>%s</td><td>%s</td>", hg_human_count(cell->ops_per_second).text,
                hg_human_brief(1 / cell->ops_per_second).text);
    else
        fputs("<td>&ndash;</td><td>&ndash;</td>", out);
    if (view->subject_count == 2)
        write_ratio(out, view, index);
}

static void write_figures_row(FILE *out, const hg_view *view, size_t index, bool probed)
{
    const hg_cell *cell = view->cells[index];
    const hg_sample *last = cell->sample_count > 0 ? &cell->samples[cell->sample_count - 1] : NULL;

    fputs("<tr><th scope=\"row\">", out);
    hg_html_cell_name(out, cell);
    fputs("</th>", out);
    write_bytes(out, last ? last->live_bytes : -1);
    fprintf(out, "<td>%s</td>", last ? hg_human_integer(last->live_blocks).text : "&ndash;");
    write_bytes(out, last ? last->allocated_bytes : -1);
    write_bytes(out, last ? last->mapped_bytes : -1);
    write_bytes(out, last ? last->resident_bytes : -1);
    if (probed)
        write_probed_speed(out, view, index);
    fputs("</tr>\n", out);
}

static void write_probed_heads(FILE *out, const hg_view *view)
{
    fputs("<th scope=\"col\">Ops/s</th><th scope=\"col\">Time per op</th>", out);
    if (view->subject_count != 2)
        return;
    fputs("<th scope=\"col\">Against ", out);
    hg_escape_html(out, hg_view_name(view->subjects[0]), 24);
    fputs("</th>", out);
}

/* The speed with the probe is here only if nobody timed the workload without it. */
static void write_figures(FILE *out, const hg_view *view, size_t start, size_t end)
{
    bool probed = !any_timed(view, start, end);

    fputs(
        "<div class=\"scroll\" role=\"region\" aria-label=\"Figures at the end of the run\" "
        "tabindex=\"0\">\n<table class=\"n figures\"><thead><tr><th scope=\"col\">At the end of the run</th>"
        "<th scope=\"col\">Live</th><th scope=\"col\">Blocks</th><th scope=\"col\">Allocated</th>"
        "<th scope=\"col\">Mapped</th><th scope=\"col\">Resident</th>",
        out);
    if (probed)
        write_probed_heads(out, view);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = start; i < end; i++)
        write_figures_row(out, view, i, probed);
    fputs("</tbody></table></div>\n", out);
    if (any_sample(view, 0, start)) /* the first table explains them all */
        return;
    fputs("<p class=\"note\">Live: requested by the program and not freed. Allocated: "
          "handed out by the allocator. Mapped: held by the allocator from the system. Resident: physical "
          "memory of the process.",
          out);
    fputs(probed ? " Ops/s: median over the rounds, in processor time, with the probe.</p>\n" : "</p>\n",
          out);
}

/* Unexpected results and the first leak of a workload are open; the other cells are folded. */
void hg_html_workload(FILE *out, const hg_view *view, size_t start, size_t end)
{
    bool leak_shown = false;

    fprintf(out, "<section class=\"workload\" aria-labelledby=\"w%zu\">\n<h2 id=\"w%zu\">", start, start);
    hg_html_name(out, hg_view_name(view->cells[start]->workload));
    fputs("</h2>\n", out);
    if (any_sample(view, start, end)) {
        write_all_charts(out, view, start, end);
        write_figures(out, view, start, end);
        hg_html_speed(out, view, start, end);
    } else {
        fputs("<p class=\"empty\">Nothing was measured.</p>\n", out);
    }
    for (size_t i = start; i < end; i++) {
        bool first_leak = view->cells[i]->verdict == HG_VERDICT_LEAK && !leak_shown;
        hg_html_cell(out, view, i, first_leak || !view->cells[i]->met);
        leak_shown = leak_shown || first_leak;
    }
    fputs("</section>\n", out);
}
