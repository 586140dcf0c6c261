/*
 * The parts of the page. All write to a stream and allocate nothing; errors are left on the stream.
 */
#ifndef HG_REPORTS_HTML_H
#define HG_REPORTS_HTML_H

#include "view.h"

#include <stdio.h>

#define HG_HTML_NAME_LIMIT 160 /* code points of a name that a page shows; run.json has them all */
#define HG_HTML_LINES_MAX  8   /* lines in one chart */

/* A number with one decimal at most and a point, whatever the locale: for coordinates. */
void hg_html_coordinate(FILE *out, double value);

/* A name of the program under test, escaped and cut to HG_HTML_NAME_LIMIT. */
void hg_html_name(FILE *out, const char *name);

/* The largest number of live bytes in cells[start..end), 0 at least. */
double hg_html_peak(const hg_view *view, size_t start, size_t end);

/*
 * Live bytes over ops, one line a cell, for cells[start..end): those of a workload on one allocator. peak, in
 * bytes, is the top of the axis, so that charts side by side compare. An id on the page is made from start.
 */
void hg_html_growth_chart(FILE *out, const hg_view *view, size_t start, size_t end, double peak);

/* The same in the size of a word, without axes; nothing where there are no two samples. */
void hg_html_sparkline(FILE *out, const hg_view *view, size_t start, size_t end);

/* Bars: blocks alive at the end, by round of birth; warm-up rounds apart. */
void hg_html_survivors(FILE *out, const hg_cell *cell, const hg_site *site);

/* The table of the first screen. */
void hg_html_summary(FILE *out, const hg_view *view);

/* Everything about one cell, folded under a line that says the most of it. */
void hg_html_cell(FILE *out, const hg_view *view, size_t index, bool open);

#endif
