/*
 * Line charts over ops, or over rounds if the lines have different numbers of ops. A line is a cell, or a
 * figure of one cell. Its name is at its end, so nothing depends on colour alone. Colours and dashes come
 * from the style sheet.
 */
#ifndef HG_HTML_HTML_LINES_H
#define HG_HTML_HTML_LINES_H

#include "html/html_scale.h"
#include "view/view.h"

#include <stdio.h>

#define HG_HTML_LINES_MAX 8 /* lines in one chart */

typedef enum hg_measure {
    HG_MEASURE_LIVE_BYTES,
    HG_MEASURE_LIVE_BLOCKS,
    HG_MEASURE_ALLOCATED_BYTES,
    HG_MEASURE_MAPPED_BYTES,
    HG_MEASURE_RESIDENT_BYTES,
    HG_MEASURE_OPS_PER_SECOND, /* of processor time, in the round that the checkpoint closes */
} hg_measure;

typedef struct hg_html_line {
    const hg_cell *cell;
    hg_measure measure;
    const char *name;  /* borrowed, as the program under test gave it */
    const char *style; /* CSS classes */
} hg_html_line;

typedef struct hg_html_chart {
    const char *title; /* what is measured; our own text */
    const char *place; /* the allocator, or NULL; borrowed, as given */
    size_t alike;      /* further allocators on which it looks the same */
    hg_html_line lines[HG_HTML_LINES_MAX];
    size_t count;
    size_t left_out; /* lines that did not fit */
    double peak;     /* top of the axis, for charts that are compared; 0: that of the lines */
} hg_html_chart;

/* The largest value of a measure in cells[start..end), 0 at least. */
double hg_html_peak(const hg_view *view, size_t start, size_t end, hg_measure measure);

/* Adds a line if there is room, otherwise counts it as left out. */
void hg_html_chart_add(hg_html_chart *chart, hg_html_line line);

/* A chart with its caption, or a sentence if nothing was measured. Allocates nothing. */
void hg_html_chart_write(FILE *out, const hg_html_chart *chart);

/* Whether two lists of cells have the same curves: each point within a hundredth of the peak. */
bool hg_html_same_curves(const hg_view *view, size_t a, size_t b, size_t count, hg_measure measure,
                         double peak);

/* By how much a measure varies from the end of the warm-up on. ret_last: at the end; both -1 where it is not
 * known. */
double hg_html_range(const hg_cell *cell, hg_measure measure, double *ret_last);

/* Live bytes of cells[start..end) as a chart the size of a word, without axes; nothing without two
 * samples. */
void hg_html_sparkline(FILE *out, const hg_view *view, size_t start, size_t end);

/* The frame that all charts share, in units of the SVG; the right edge of the plot is the chart's own. */
enum {
    HG_CHART_WIDTH = 400,
    HG_CHART_HEIGHT = 212,
    HG_PLOT_LEFT = 58,
    HG_PLOT_TOP = 10,
    HG_PLOT_BOTTOM = 170
};

/* Horizontal grid lines up to `right`, with their values. */
void hg_html_value_ticks(FILE *out, const hg_scale *y, bool bytes, int right);

/* The CSS class of a cell's line: by subject, or by verdict if there is only one subject. */
const char *hg_html_series(const hg_view *view, const hg_cell *cell);

#endif
