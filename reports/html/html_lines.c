#include "html/html_lines.h"
#include "base/escape.h"
#include "base/humanise.h"
#include "html/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLOT_RIGHT     316
#define LABEL_HEIGHT   14.0
#define LABEL_LIMIT    10 /* code points of a name beside its line */
#define POINTS_MAX     200
#define LOOKS_STRAIGHT 0.4 /* of a pixel, or little more */

#define SPARK_WIDTH  110
#define SPARK_HEIGHT 26

void hg_html_coordinate(FILE *out, double value)
{
    const double most = 1e9; /* of a hostile file */
    long tenths = lround(fmin(fmax(value, -most), most) * 10);

    if (tenths % 10 == 0)
        fprintf(out, "%ld", tenths / 10);
    else
        fprintf(out, "%s%ld.%ld", tenths < 0 ? "-" : "", labs(tenths) / 10, labs(tenths) % 10);
}

static double speed_at(const hg_cell *cell, size_t sample)
{
    const hg_sample *at = &cell->samples[sample];
    double before = sample > 0 ? (double)at[-1].ops : 0;

    return at->cpu_ns > 0 ? ((double)at->ops - before) * 1e9 / (double)at->cpu_ns : NAN;
}

static double known(int64_t figure)
{
    return figure < 0 ? NAN : (double)figure;
}

/* The value at a checkpoint; NAN where it is not known. */
static double measure_at(const hg_cell *cell, size_t sample, hg_measure measure)
{
    const hg_sample *at = &cell->samples[sample];

    switch (measure) {
    case HG_MEASURE_LIVE_BYTES:
        return (double)at->live_bytes;
    case HG_MEASURE_LIVE_BLOCKS:
        return (double)at->live_blocks;
    case HG_MEASURE_ALLOCATED_BYTES:
        return known(at->allocated_bytes);
    case HG_MEASURE_MAPPED_BYTES:
        return known(at->mapped_bytes);
    case HG_MEASURE_RESIDENT_BYTES:
        return known(at->resident_bytes);
    case HG_MEASURE_OPS_PER_SECOND:
        return speed_at(cell, sample);
    }
    return NAN;
}

static double line_peak(const hg_html_line *line)
{
    double peak = 0;

    for (size_t s = 0; s < line->cell->sample_count; s++)
        peak = fmax(peak, measure_at(line->cell, s, line->measure));
    return peak;
}

double hg_html_peak(const hg_view *view, size_t start, size_t end, hg_measure measure)
{
    double peak = 0;

    for (size_t i = start; i < end; i++)
        peak = fmax(peak, line_peak(&(hg_html_line){.cell = view->cells[i], .measure = measure}));
    return peak;
}

double hg_html_range(const hg_cell *cell, hg_measure measure, double *ret_last)
{
    double low = INFINITY, high = -INFINITY;

    *ret_last = -1;
    for (size_t i = 0; i < cell->sample_count; i++) {
        double value = measure_at(cell, i, measure);
        if (isnan(value) || cell->samples[i].round < cell->warmup_rounds)
            continue;
        low = fmin(low, value);
        high = fmax(high, value);
        *ret_last = value;
    }
    return *ret_last < 0 ? -1 : high - low;
}

static bool same_curve(const hg_cell *a, const hg_cell *b, hg_measure measure, double peak)
{
    if (!hg_same_text(a->subject, b->subject) || a->sample_count != b->sample_count ||
        a->warmup_ops != b->warmup_ops)
        return false;
    for (size_t i = 0; i < a->sample_count; i++)
        if (a->samples[i].ops != b->samples[i].ops ||
            !(fabs(measure_at(a, i, measure) - measure_at(b, i, measure)) <= peak / 100))
            return false;
    return true;
}

bool hg_html_same_curves(const hg_view *view, size_t a, size_t b, size_t count, hg_measure measure,
                         double peak)
{
    size_t i = 0;

    while (i < count && same_curve(view->cells[a + i], view->cells[b + i], measure, peak))
        i++;
    return i == count;
}

/* For a single line: the colour of growth, unless the cell is clean. */
static const char *finding_series(const hg_cell *cell)
{
    return cell->verdict == HG_VERDICT_CLEAN ? "s1" : "s0";
}

const char *hg_html_series(const hg_view *view, const hg_cell *cell)
{
    static const char *const series[] = {"s0", "s1", "s2", "s3"};

    return view->subject_count == 1 ? finding_series(cell) : series[hg_view_subject(view, cell) % 4];
}

void hg_html_chart_add(hg_html_chart *chart, hg_html_line line)
{
    if (chart->count < HG_HTML_LINES_MAX)
        chart->lines[chart->count++] = line;
    else
        chart->left_out++;
}

/*
 * What the x axis counts: ops, if all lines end at the same number of them. Otherwise it counts rounds, so
 * that a short run is still visible beside a long one.
 */
typedef struct course {
    bool in_ops;
    double last;
} course;

static double place_on(const course *along, const hg_cell *cell, size_t sample)
{
    return along->in_ops ? (double)cell->samples[sample].ops : (double)sample + 1;
}

static int64_t final_ops(const hg_cell *cell)
{
    return cell->sample_count > 0 ? cell->samples[cell->sample_count - 1].ops : 0;
}

static course make_course(const hg_html_line *lines, size_t count)
{
    course along = {.in_ops = true};
    int64_t reached = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t ops = final_ops(lines[i].cell);
        along.in_ops = along.in_ops && (reached == 0 || ops == 0 || ops == reached);
        reached = ops != 0 ? ops : reached;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < lines[i].cell->sample_count; s++)
            along.last = fmax(along.last, place_on(&along, lines[i].cell, s));
    }
    return along;
}

typedef struct point {
    double x, y;
} point;

/* The known values of a line in the picture; of very many, every nth and the last one. */
static size_t gather_points(const hg_html_line *line, const course *along, const hg_scale *x,
                            const hg_scale *y, point points[POINTS_MAX + 2])
{
    const hg_cell *cell = line->cell;
    size_t stride = cell->sample_count / POINTS_MAX + 1, count = 0;

    for (size_t i = 0; i < cell->sample_count; i++) {
        double value = measure_at(cell, i, line->measure);
        if ((i % stride == 0 || i + 1 == cell->sample_count) && !isnan(value))
            points[count++] = (point){hg_scale_at(x, place_on(along, cell, i)), hg_scale_at(y, value)};
    }
    return count;
}

/* Whether the points between two others lie so close to the line through those that it looks the same. */
static bool is_straight(const point *points, size_t from, size_t to)
{
    double width = points[to].x - points[from].x;

    for (size_t i = from + 1; i < to; i++) {
        double part = width > 0 ? (points[i].x - points[from].x) / width : 0;
        double chord = points[from].y + part * (points[to].y - points[from].y);
        if (!(fabs(points[i].y - chord) <= LOOKS_STRAIGHT))
            return false;
    }
    return width > 0;
}

static void write_line(FILE *out, const hg_html_line *line, const course *along, const hg_scale *x,
                       const hg_scale *y)
{
    point points[POINTS_MAX + 2];
    size_t written = 0;

    if (line->cell->sample_count < 2)
        return;
    size_t count = gather_points(line, along, x, y, points);
    fprintf(out, "<polyline class=\"line %s\" points=\"", line->style);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && i + 1 < count && is_straight(points, written, i + 1))
            continue;
        fputs(i > 0 ? " " : "", out);
        hg_html_coordinate(out, points[i].x);
        fputc(',', out);
        hg_html_coordinate(out, points[i].y);
        written = i;
    }
    fputs("\"/>\n", out);
}

static bool counts_bytes(hg_measure measure)
{
    return measure != HG_MEASURE_LIVE_BLOCKS && measure != HG_MEASURE_OPS_PER_SECOND;
}

void hg_html_value_ticks(FILE *out, const hg_scale *y, bool bytes, int right)
{
    int count = 0;

    while (count <= 2 * HG_SCALE_TICKS_MAX && y->low + count * y->step <= y->high + y->step / 2)
        count++;
    fputs("<path class=\"grid\" d=\"", out);
    for (int i = 0; i < count; i++) {
        fprintf(out, "M%d ", HG_PLOT_LEFT);
        hg_html_coordinate(out, hg_scale_at(y, y->low + i * y->step));
        fprintf(out, "H%d", right);
    }
    fprintf(out, "\"/><g class=\"tick end\" transform=\"translate(%d)\">", HG_PLOT_LEFT - 7);
    for (int i = 0; i < count; i++) {
        double value = y->low + i * y->step;
        fputs("<text y=\"", out);
        hg_html_coordinate(out, hg_scale_at(y, value) + 4);
        fprintf(out, "\">%s</text>",
                bytes ? hg_human_bytes_tick(value).text : hg_human_count_tick(value).text);
    }
    fputs("</g>\n", out);
}

static void write_course_name(FILE *out, const hg_html_chart *chart, const course *along)
{
    const char *unit = chart->lines[0].cell->unit;

    if (!along->in_ops) {
        fputs("rounds of different length, up to ", out);
        for (size_t i = 0; i < chart->count && i < 2; i++)
            fprintf(out, "%s%s", i > 0 ? " and " : "",
                    hg_human_count_tick((double)final_ops(chart->lines[i].cell)).text);
        fputs(chart->count > 2 ? ", ... ops" : " ops", out);
        return;
    }
    fputs("ops", out);
    if (unit && unit[0] && strcmp(unit, "op") != 0) {
        fputs(" (one ", out);
        hg_escape_html(out, unit, 24);
        fputs(" each)", out);
    }
}

static void write_course_ticks(FILE *out, const hg_html_chart *chart, const course *along, const hg_scale *x)
{
    int count = 0;

    while (count <= 2 * HG_SCALE_TICKS_MAX && x->low + count * x->step <= x->high + x->step / 1000)
        count++;
    fprintf(out, "<path class=\"axis\" d=\"M%d %dH%d", HG_PLOT_LEFT, HG_PLOT_BOTTOM, PLOT_RIGHT);
    for (int i = 0; i < count; i++) {
        fputc('M', out);
        hg_html_coordinate(out, hg_scale_at(x, x->low + i * x->step));
        fprintf(out, " %dv4", HG_PLOT_BOTTOM);
    }
    fprintf(out, "\"/><g class=\"tick mid\" transform=\"translate(0 %d)\">", HG_PLOT_BOTTOM + 17);
    for (int i = 0; i < count; i++) {
        double value = x->low + i * x->step;
        fputs("<text x=\"", out);
        hg_html_coordinate(out, hg_scale_at(x, value));
        fprintf(out, "\">%s</text>", hg_human_count_tick(value).text);
    }
    fprintf(out, "<text x=\"%d\" y=\"18\">", (HG_PLOT_LEFT + PLOT_RIGHT) / 2);
    write_course_name(out, chart, along);
    fputs("</text></g>\n", out);
}

typedef struct label {
    const hg_html_line *line;
    double at; /* of its middle, downwards */
} label;

/* Puts a label where its line ends. Labels stay in order from the top; equal ones in order of listing. */
static void insert_label(label *labels, size_t count, label added)
{
    size_t i = count;

    for (; i > 0 && labels[i - 1].at > added.at; i--)
        labels[i] = labels[i - 1];
    labels[i] = added;
}

/* Moves labels apart: down if they touch, and back up if they would leave the plot. */
static void spread_labels(label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double least = i > 0 ? labels[i - 1].at + LABEL_HEIGHT : HG_PLOT_TOP;
        labels[i].at = fmax(labels[i].at, least);
    }
    for (size_t i = count; i > 0; i--) {
        double most = i < count ? labels[i].at - LABEL_HEIGHT : HG_PLOT_BOTTOM;
        labels[i - 1].at = fmin(labels[i - 1].at, most);
    }
}

static void write_labels(FILE *out, const hg_html_chart *chart, const hg_scale *y)
{
    label labels[HG_HTML_LINES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < chart->count; i++) {
        const hg_html_line *line = &chart->lines[i];
        if (line->cell->sample_count < 2)
            continue;
        double last = measure_at(line->cell, line->cell->sample_count - 1, line->measure);
        insert_label(labels, count++, (label){line, hg_scale_at(y, isnan(last) ? 0 : last)});
    }
    spread_labels(labels, count);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<text class=\"label %s\" x=\"%d\" y=\"", labels[i].line->style, PLOT_RIGHT + 6);
        hg_html_coordinate(out, labels[i].at + 4);
        fputs("\">", out);
        hg_escape_html(out, hg_view_name(labels[i].line->name), LABEL_LIMIT);
        fputs("</text>\n", out);
    }
}

static void write_value(FILE *out, double value, hg_measure measure)
{
    fputs(isnan(value)            ? "unknown"
          : counts_bytes(measure) ? hg_human_bytes(value).text
                                  : hg_human_count(value).text,
          out);
}

/* The content of the picture in words. */
static void write_description(FILE *out, const hg_html_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const hg_cell *cell = lines[i].cell;
        hg_escape_html(out, hg_view_name(lines[i].name), 40);
        if (cell->sample_count < 2) {
            fputs(": no samples. ", out);
            continue;
        }
        fputs(" from ", out);
        write_value(out, measure_at(cell, 0, lines[i].measure), lines[i].measure);
        fputs(" to ", out);
        write_value(out, measure_at(cell, cell->sample_count - 1, lines[i].measure), lines[i].measure);
        fprintf(out, " after %s ops. ", hg_human_integer(cell->samples[cell->sample_count - 1].ops).text);
    }
}

/* Shades the warm-up, so that a steep start is not mistaken for a leak. */
static void write_warmup(FILE *out, const hg_cell *cell, const course *along, const hg_scale *x)
{
    double warmup = along->in_ops ? (double)cell->warmup_ops : (double)cell->warmup_rounds;
    double end = hg_scale_at(x, warmup);

    if (warmup <= 0)
        return;
    fprintf(out, "<path class=\"warmup\" d=\"M%d %dH", HG_PLOT_LEFT, HG_PLOT_TOP);
    hg_html_coordinate(out, end);
    fprintf(out, "V%dH%dz\"/>", HG_PLOT_BOTTOM, HG_PLOT_LEFT);
    if (end - HG_PLOT_LEFT > 42)
        fprintf(out, "<text class=\"tick small\" x=\"%d\" y=\"%d\">warm-up</text>\n", HG_PLOT_LEFT + 3,
                HG_PLOT_TOP + 11);
}

static void write_picture(FILE *out, const hg_html_chart *chart, const course *along)
{
    const hg_html_line *first = &chart->lines[0];
    bool bytes = counts_bytes(first->measure);
    double peak = chart->peak;

    for (size_t i = 0; i < chart->count && chart->peak <= 0; i++)
        peak = fmax(peak, line_peak(&chart->lines[i]));
    hg_scale x = hg_scale_counts(0, along->last, 4);
    hg_scale y = bytes ? hg_scale_bytes(0, peak, 4) : hg_scale_counts(0, peak, 4);
    x.high = along->last; /* lines run to the edge, where their labels are */
    x.from = HG_PLOT_LEFT;
    x.to = PLOT_RIGHT;
    y.from = HG_PLOT_BOTTOM;
    y.to = HG_PLOT_TOP;
    fprintf(out, "<svg role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"%s over %s. ", HG_CHART_WIDTH,
            HG_CHART_HEIGHT, chart->title, along->in_ops ? "ops" : "rounds");
    write_description(out, chart->lines, chart->count);
    fputs("\">\n", out);
    hg_html_value_ticks(out, &y, bytes, PLOT_RIGHT);
    write_warmup(out, first->cell, along, &x);
    write_course_ticks(out, chart, along, &x);
    for (size_t i = 0; i < chart->count; i++)
        write_line(out, &chart->lines[i], along, &x, &y);
    write_labels(out, chart, &y);
    fputs("</svg>", out);
}

void hg_html_chart_write(FILE *out, const hg_html_chart *chart)
{
    course along = make_course(chart->lines, chart->count);

    fprintf(out, "<figure class=\"chart\"><figcaption><b>%s</b>", chart->title);
    if (chart->place && chart->place[0]) {
        fputs(", ", out);
        hg_escape_html(out, chart->place, 40);
        if (chart->alike > 0)
            fprintf(out, " and, the same to 1 %%, %s", hg_human_things(chart->alike, "more allocator").text);
    }
    if (chart->left_out > 0)
        fprintf(out, ", %zu of %zu lines", chart->count, chart->count + chart->left_out);
    fputs("</figcaption>\n", out);
    if (along.last > 0)
        write_picture(out, chart, &along);
    else
        fputs("<p class=\"empty\">No samples: nothing was measured.</p>", out);
    fputs("</figure>\n", out);
}

void hg_html_sparkline(FILE *out, const hg_view *view, size_t start, size_t end)
{
    hg_html_chart chart = {0};

    for (size_t i = start; i < end; i++) {
        const hg_cell *cell = view->cells[i];
        const char *style = end - start == 1 ? finding_series(cell) : hg_html_series(view, cell);
        hg_html_chart_add(&chart, (hg_html_line){.cell = cell, .name = cell->subject, .style = style});
    }
    course along = make_course(chart.lines, chart.count);
    double peak = hg_html_peak(view, start, start + chart.count, HG_MEASURE_LIVE_BYTES);
    hg_scale x = {.low = 0, .high = along.last, .from = 2, .to = SPARK_WIDTH - 2};
    hg_scale y = {.low = 0, .high = peak, .from = SPARK_HEIGHT - 3, .to = 3};
    if (along.last <= 0 || peak <= 0)
        return;
    fprintf(out, "<svg class=\"spark\" role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" ",
            SPARK_WIDTH, SPARK_HEIGHT, SPARK_WIDTH, SPARK_HEIGHT);
    fputs("aria-label=\"", out);
    write_description(out, chart.lines, chart.count);
    fputs("\">", out);
    for (size_t i = 0; i < chart.count; i++)
        write_line(out, &chart.lines[i], &along, &x, &y);
    fputs("</svg>", out);
}
