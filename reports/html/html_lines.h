/*
 * Line charts over ops, or over rounds where the lines reach different numbers of ops. Lines are cells, or
 * figures of one cell; each carries its name at its end, so nothing depends on colour alone. Colours and
 * dashes come from the style sheet.
 */
#ifndef HG_HTML_HTML_LINES_H
#define HG_HTML_HTML_LINES_H

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
    const char *style; /* classes for the style sheet */
} hg_html_line;

typedef struct hg_html_chart {
    const char *title; /* what is measured, in our own words */
    const char *place; /* on what: borrowed, as given; NULL or "" where the title says all */
    hg_html_line lines[HG_HTML_LINES_MAX];
    size_t count;
    size_t left_out; /* lines that did not fit */
    double peak;     /* top of the axis, so that charts side by side compare; 0: that of the lines */
} hg_html_chart;

/* The value at a checkpoint; NAN where it is not known. */
double hg_measure_at(const hg_cell *cell, size_t sample, hg_measure measure);

/* The largest value of a measure in cells[start..end), 0 at least. */
double hg_html_peak(const hg_view *view, size_t start, size_t end, hg_measure measure);

/* Adds a line, or counts it as left out. */
void hg_html_chart_add(hg_html_chart *chart, hg_html_line line);

/* A figure with its caption; a sentence instead where nothing was measured. Allocates nothing. */
void hg_html_chart_write(FILE *out, const hg_html_chart *chart);

/* Live bytes of cells[start..end) in the size of a word, without axes; nothing where there are no two
 * samples. */
void hg_html_sparkline(FILE *out, const hg_view *view, size_t start, size_t end);

/* The class of a cell's line: by subject, and where there is only one, by what was found. */
const char *hg_html_series(const hg_view *view, const hg_cell *cell);

#endif
