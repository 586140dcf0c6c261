/*
 * The parts of the page. All write to a stream and allocate nothing; errors are left on the stream.
 *
 * A page is bounded whatever the run is: HG_HTML_CELLS_MAX cells are told in full, each with a bounded number
 * of sites, frames, points and rows; where something is left out the page says how much.
 */
#ifndef HG_HTML_HTML_H
#define HG_HTML_HTML_H

#include "view/view.h"

#include <stdio.h>

#define HG_HTML_NAME_LIMIT 160 /* code points of a name that a page shows; run.json has them all */
#define HG_HTML_CELLS_MAX  400 /* told in full, the first ones of the view; the tables have all */

/* A number with one decimal at most and a point, whatever the locale: for coordinates. */
void hg_html_coordinate(FILE *out, double value);

/* A name of the program under test, escaped and cut to HG_HTML_NAME_LIMIT. */
void hg_html_name(FILE *out, const char *name);

/* "file:line", or what else is known of where a frame lies, escaped. */
void hg_html_place(FILE *out, const hg_frame *frame);

/* The change from a to b in percent, with its sign; -99.9 rather than -100 while anything is left. a > 0. */
void hg_html_percent(FILE *out, double a, double b);

/* Bars: blocks of one site alive at the end, by round of birth; warm-up rounds apart. */
void hg_html_survivors(FILE *out, const hg_cell *cell, const hg_site *site);

/* The same for all that the cell holds, in bytes, stacked by class; nothing where no site says. */
void hg_html_births(FILE *out, const hg_cell *cell);

/* The growing sites of a cell as a flame graph; nothing where nothing grows. */
void hg_html_flame(FILE *out, const hg_cell *cell);

/* The sites of a cell, ranked, with their stacks. */
void hg_html_sites(FILE *out, const hg_view *view, const hg_cell *cell);

/* The table of the first screen. */
void hg_html_summary(FILE *out, const hg_view *view);

/* What the growth comes to in production; nothing where there is nothing to say. */
void hg_html_meaning(FILE *out, const hg_view *view);

/* Memory at the end, first subject against second; nothing where no pair compares. */
void hg_html_saved(FILE *out, const hg_view *view);

/* Charts, figures and cells of the workload cells[start..end). */
void hg_html_workload(FILE *out, const hg_view *view, size_t start, size_t end);

/* The speeds of the workload cells[start..end); nothing where none was measured. */
void hg_html_speed(FILE *out, const hg_view *view, size_t start, size_t end);

/* Everything about one cell, folded under a line that says the most of it. */
void hg_html_cell(FILE *out, const hg_view *view, size_t index, bool open);

/*
 * The index after the last cell of a row that begins at start: an allocator's cells, and those of the
 * allocators after it that a reader could not tell from them (same subjects, verdicts and printed rates).
 */
size_t hg_html_row_end(const hg_view *view, size_t start);

/* The allocators of cells[start..end), each once: "glibc, jemalloc". */
void hg_html_allocators(FILE *out, const hg_view *view, size_t start, size_t end);

/* The index of a subject's cell among cells[start..end); end where there is none. */
size_t hg_html_find(const hg_view *view, size_t start, size_t end, const char *subject);

/*
 * The cell that this one is compared with: where a run has two subjects and this cell is of the first, the
 * second's on the same workload and allocator, unless that failed. NULL where there is none.
 */
const hg_cell *hg_html_other(const hg_view *view, size_t index);

#endif
