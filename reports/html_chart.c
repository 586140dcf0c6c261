/*
 * Pictures as inline SVG. Colours and dashes come from the style sheet by the number of the line (s0, s1,
 * ...); each line also carries its name, so nothing depends on colour alone.
 */
#include "escape.h"
#include "html.h"
#include "html_scale.h"
#include "humanise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHART_WIDTH  440
#define CHART_HEIGHT 236
#define PLOT_LEFT    62
#define PLOT_RIGHT   356
#define PLOT_TOP     12
#define PLOT_BOTTOM  194
#define LABEL_HEIGHT 13.0
#define LABEL_LIMIT  10 /* code points of a name beside its line */
#define POINTS_MAX   200

#define SPARK_WIDTH  96
#define SPARK_HEIGHT 24

#define BAR_HEIGHT 46
#define BAR_WIDTH  18
#define BARS_MAX   64

void hg_html_coordinate(FILE *out, double value)
{
    long tenths = lround(value * 10);

    if (tenths % 10 == 0)
        fprintf(out, "%ld", tenths / 10);
    else
        fprintf(out, "%s%ld.%ld", tenths < 0 ? "-" : "", labs(tenths) / 10, labs(tenths) % 10);
}

double hg_html_peak(const hg_view *view, size_t start, size_t end)
{
    double peak = 0;

    for (size_t i = start; i < end; i++) {
        for (size_t s = 0; s < view->cells[i]->sample_count; s++)
            peak = fmax(peak, (double)view->cells[i]->samples[s].live_bytes);
    }
    return peak;
}

static double last_ops(const hg_view *view, size_t start, size_t end)
{
    double most = 0;

    for (size_t i = start; i < end; i++) {
        for (size_t s = 0; s < view->cells[i]->sample_count; s++)
            most = fmax(most, (double)view->cells[i]->samples[s].ops);
    }
    return most;
}

static size_t lines_shown(size_t start, size_t end)
{
    return end - start < HG_HTML_LINES_MAX ? end - start : HG_HTML_LINES_MAX;
}

/* A line through the samples; of very many, an even choice with the last one. */
static void write_line(FILE *out, const hg_view *view, const hg_cell *cell, const hg_scale *x,
                       const hg_scale *y)
{
    size_t stride = cell->sample_count / POINTS_MAX + 1;

    if (cell->sample_count < 2)
        return;
    fprintf(out, "<polyline class=\"line s%zu\" points=\"", hg_view_subject(view, cell) % 4);
    for (size_t i = 0; i < cell->sample_count; i++) {
        bool last = i + 1 == cell->sample_count;
        if (i % stride != 0 && !last)
            continue;
        hg_html_coordinate(out, hg_scale_at(x, (double)cell->samples[i].ops));
        fputc(',', out);
        hg_html_coordinate(out, hg_scale_at(y, (double)cell->samples[i].live_bytes));
        fputs(last ? "\"/>\n" : " ", out);
    }
}

static void write_byte_ticks(FILE *out, const hg_scale *y)
{
    for (int i = 0; i <= 2 * HG_SCALE_TICKS_MAX; i++) {
        double value = y->low + i * y->step;
        if (value > y->high + y->step / 2)
            break;
        double at = hg_scale_at(y, value);
        fprintf(out, "<path class=\"grid\" d=\"M%d ", PLOT_LEFT);
        hg_html_coordinate(out, at);
        fprintf(out, "H%d\"/><text class=\"tick\" text-anchor=\"end\" x=\"%d\" y=\"", PLOT_RIGHT,
                PLOT_LEFT - 7);
        hg_html_coordinate(out, at + 4);
        fprintf(out, "\">%s</text>\n", hg_human_bytes_tick(value).text);
    }
}

static void write_op_ticks(FILE *out, const hg_scale *x, const char *unit)
{
    for (int i = 0; i <= 2 * HG_SCALE_TICKS_MAX; i++) {
        double value = x->low + i * x->step;
        if (value > x->high + x->step / 2)
            break;
        double at = hg_scale_at(x, value);
        fputs("<path class=\"axis\" d=\"M", out);
        hg_html_coordinate(out, at);
        fprintf(out, " %dv4\"/><text class=\"tick\" text-anchor=\"middle\" x=\"", PLOT_BOTTOM);
        hg_html_coordinate(out, at);
        fprintf(out, "\" y=\"%d\">%s</text>\n", PLOT_BOTTOM + 17, hg_human_count_tick(value).text);
    }
    fprintf(out,
            "<path class=\"axis\" d=\"M%d %dH%d\"/><text class=\"tick\" text-anchor=\"middle\" x=\"%d\" "
            "y=\"%d\">ops",
            PLOT_LEFT, PLOT_BOTTOM, PLOT_RIGHT, (PLOT_LEFT + PLOT_RIGHT) / 2, PLOT_BOTTOM + 34);
    if (unit && unit[0] && strcmp(unit, "op") != 0) {
        fputs(" (one ", out);
        hg_escape_html(out, unit, 24);
        fputs(" each)", out);
    }
    fputs("</text>\n", out);
}

/* Moves labels apart, each as near to the end of its line as the others let it. */
static void spread_labels(double at[HG_HTML_LINES_MAX], size_t count)
{
    for (int pass = 0; pass < 24; pass++) {
        for (size_t i = 0; i < count; i++) {
            for (size_t j = i + 1; j < count; j++) {
                double distance = at[j] - at[i];
                double push = (LABEL_HEIGHT - fabs(distance)) / 2;
                if (push <= 0)
                    continue;
                at[i] += distance >= 0 ? -push : push;
                at[j] += distance >= 0 ? push : -push;
            }
        }
        for (size_t i = 0; i < count; i++)
            at[i] = fmin(fmax(at[i], PLOT_TOP), PLOT_BOTTOM);
    }
}

static void write_labels(FILE *out, const hg_view *view, size_t start, size_t count, const hg_scale *y)
{
    double at[HG_HTML_LINES_MAX] = {0};
    const hg_cell *cells[HG_HTML_LINES_MAX];
    size_t labels = 0;

    for (size_t i = 0; i < count; i++) {
        const hg_cell *cell = view->cells[start + i];
        if (cell->sample_count < 2)
            continue;
        at[labels] = hg_scale_at(y, (double)cell->samples[cell->sample_count - 1].live_bytes);
        cells[labels++] = cell;
    }
    spread_labels(at, labels);
    for (size_t i = 0; i < labels; i++) {
        fprintf(out, "<text class=\"label s%zu\" x=\"%d\" y=\"", hg_view_subject(view, cells[i]) % 4,
                PLOT_RIGHT + 7);
        hg_html_coordinate(out, at[i] + 4);
        fputs("\">", out);
        hg_escape_html(out, hg_view_name(cells[i]->subject), LABEL_LIMIT);
        fputs("</text>\n", out);
    }
}

/* What the picture shows, in words. */
static void write_description(FILE *out, const hg_view *view, size_t start, size_t count)
{
    for (size_t i = start; i < start + count; i++) {
        const hg_cell *cell = view->cells[i];
        hg_escape_html(out, hg_view_name(cell->subject), 40);
        if (cell->sample_count < 2) {
            fputs(": no samples. ", out);
            continue;
        }
        const hg_sample *last = &cell->samples[cell->sample_count - 1];
        fprintf(out, ": from %s to %s over %s ops. ",
                hg_human_bytes((double)cell->samples[0].live_bytes).text,
                hg_human_bytes((double)last->live_bytes).text, hg_human_integer(last->ops).text);
    }
}

/* The stretch before measuring starts, so that a steep start is not taken for a leak. */
static void write_warmup(FILE *out, const hg_cell *cell, const hg_scale *x)
{
    double end = hg_scale_at(x, (double)cell->warmup_ops);

    if (cell->warmup_ops <= 0 || end - PLOT_LEFT < 1)
        return;
    fprintf(out, "<path class=\"warmup\" d=\"M%d %dH", PLOT_LEFT, PLOT_TOP);
    hg_html_coordinate(out, end);
    fprintf(out, "V%dH%dz\"/>", PLOT_BOTTOM, PLOT_LEFT);
    if (end - PLOT_LEFT > 46)
        fprintf(out, "<text class=\"tick\" x=\"%d\" y=\"%d\">warm-up</text>\n", PLOT_LEFT + 4, PLOT_TOP + 11);
}

void hg_html_growth_chart(FILE *out, const hg_view *view, size_t start, size_t end, double peak)
{
    size_t count = lines_shown(start, end);
    const hg_cell *first = view->cells[start];
    double ops = last_ops(view, start, end);
    hg_scale x = hg_scale_counts(0, ops, 4);
    hg_scale y = hg_scale_bytes(0, peak, 4);

    fputs("<figure><figcaption>Live memory on ", out);
    hg_escape_html(out, hg_view_name(first->allocator), 40);
    if (count < end - start)
        fprintf(out, ", the first %zu of %zu cells", count, end - start);
    fputs("</figcaption>\n", out);
    if (ops <= 0) {
        fputs("<p class=\"empty\">No samples: nothing was measured.</p></figure>\n", out);
        return;
    }
    x.high = ops; /* lines run to the edge, where their labels are */
    x.from = PLOT_LEFT;
    x.to = PLOT_RIGHT;
    y.from = PLOT_BOTTOM;
    y.to = PLOT_TOP;
    fprintf(
        out,
        "<svg role=\"img\" aria-labelledby=\"t%zu d%zu\" viewBox=\"0 0 %d %d\"><title id=\"t%zu\">Live bytes "
        "over ops of ",
        start, start, CHART_WIDTH, CHART_HEIGHT, start);
    hg_escape_html(out, hg_view_name(first->workload), 60);
    fputs(" on ", out);
    hg_escape_html(out, hg_view_name(first->allocator), 40);
    fprintf(out, "</title><desc id=\"d%zu\">", start);
    write_description(out, view, start, count);
    fputs("</desc>\n", out);
    write_warmup(out, first, &x);
    write_byte_ticks(out, &y);
    write_op_ticks(out, &x, first->unit);
    for (size_t i = 0; i < count; i++)
        write_line(out, view, view->cells[start + i], &x, &y);
    write_labels(out, view, start, count, &y);
    fputs("</svg></figure>\n", out);
}

void hg_html_sparkline(FILE *out, const hg_view *view, size_t start, size_t end)
{
    size_t count = lines_shown(start, end);
    double ops = last_ops(view, start, end);
    hg_scale x = {.low = 0, .high = ops, .from = 2, .to = SPARK_WIDTH - 2};
    hg_scale y = {.low = 0, .high = hg_html_peak(view, start, end), .from = SPARK_HEIGHT - 3, .to = 3};

    if (ops <= 0 || y.high <= 0)
        return;
    fprintf(
        out,
        "<svg class=\"spark\" role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" aria-label=\"",
        SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT);
    write_description(out, view, start, count);
    fputs("\">", out);
    for (size_t i = 0; i < count; i++)
        write_line(out, view, view->cells[start + i], &x, &y);
    fputs("</svg>", out);
}

/* One path for all bars from first to last. */
static void write_bars(FILE *out, const char *style, const hg_site *site, size_t first, size_t last,
                       size_t origin, double most)
{
    if (first >= last)
        return;
    fprintf(out, "<path class=\"%s\" d=\"", style);
    for (size_t i = first; i < last; i++) {
        double blocks = site->survivor_blocks[i] > 0 ? (double)site->survivor_blocks[i] : 0;
        double height = most > 0 ? blocks / most * BAR_HEIGHT : 0;
        if (blocks > 0 && height < 1)
            height = 1; /* one block is seen beside a million */
        fprintf(out, "M%zu %dv-", (i - origin) * BAR_WIDTH + 1, BAR_HEIGHT + 2);
        hg_html_coordinate(out, height);
        fprintf(out, "h%dv", BAR_WIDTH - 3);
        hg_html_coordinate(out, height);
        fputc('z', out);
    }
    fputs("\"/>", out);
}

void hg_html_survivors(FILE *out, const hg_cell *cell, const hg_site *site)
{
    size_t count = site->epoch_count;
    size_t origin = count > BARS_MAX ? count - BARS_MAX : 0;
    size_t warmup = hg_cell_warmup_epochs(cell, count);
    double most = 0;

    if (!site->survivor_blocks || count == 0)
        return;
    for (size_t i = origin; i < count; i++)
        most = fmax(most, (double)site->survivor_blocks[i]);
    int width = (int)(count - origin) * BAR_WIDTH;
    fprintf(
        out,
        "<figure class=\"survivors\"><figcaption>Blocks alive at the end, by the round they were born in%s"
        "</figcaption><svg role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" aria-label=\"",
        origin > 0 ? " (the last of them)" : "", width, BAR_HEIGHT + 4, width, BAR_HEIGHT + 4);
    for (size_t i = origin; i < count; i++)
        fprintf(out, "%s%s", i > origin ? ", " : "", hg_human_tally(site->survivor_blocks[i]).text);
    fputs("\">", out);
    size_t split = warmup > origin ? warmup : origin;
    write_bars(out, "bar warm", site, origin, split, origin, most);
    write_bars(out, "bar", site, split, count, origin, most);
    fprintf(out, "<path class=\"axis\" d=\"M0 %d.5H%d\"/></svg><p class=\"numbers\">", BAR_HEIGHT + 2, width);
    for (size_t i = origin; i < count; i++)
        fprintf(out, "%s%s",
                i == origin   ? ""
                : i == warmup ? " | "
                              : " ",
                hg_human_tally(site->survivor_blocks[i]).text);
    fprintf(out, "%s</p></figure>\n", warmup > origin ? " <span>(warm-up | measured)</span>" : "");
}
