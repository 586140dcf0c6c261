/*
 * The parts of the page. All of them write to a stream and allocate nothing; the caller finds errors on the
 * stream.
 *
 * The size of a page is bounded. It shows HG_HTML_CELLS_MAX cells in full, each with a bounded number of
 * sites, frames, points and rows, and says how much it left out.
 */
#ifndef HG_HTML_HTML_H
#define HG_HTML_HTML_H

#include "view/torture_findings.h"
#include "view/view.h"

#include <stdio.h>

#define HG_HTML_NAME_LIMIT 160  /* code points of a name; run.json has all of it */
#define HG_HTML_TEXT_LIMIT 4000 /* of a reason, a log or a command */
#define HG_HTML_CELLS_BACK 4    /* before a cell, in which the same on another allocator is looked for */
#define HG_HTML_CELLS_MAX  400  /* shown in full, the first ones of the view; the tables have all */

/*
 * The page around a report: its head up to <body> and the link that skips to #main, and its end with the
 * script that searches and zooms flame graphs. The title is the word, then the name, escaped. more_style:
 * further style sheets, or NULL.
 */
void hg_html_page_begin(FILE *out, const char *word, const char *name, const char *more_style);
void hg_html_page_end(FILE *out);

/* A number with at most one decimal, and a point in every locale: for coordinates. */
void hg_html_coordinate(FILE *out, double value);

/* A name of the program under test, escaped and shortened to HG_HTML_NAME_LIMIT. */
void hg_html_name(FILE *out, const char *name);

/* "subject on allocator" of a cell, escaped. */
void hg_html_cell_name(FILE *out, const hg_cell *cell);

/* The function of a frame, or "??", escaped. */
void hg_html_function(FILE *out, const hg_frame *frame, size_t limit);

/* "file:line", or whatever else is known about the place of a frame, escaped. */
void hg_html_place(FILE *out, const hg_frame *frame);

/* A call stack as a list, with at most so many frames; style: its class. */
void hg_html_frames(FILE *out, const hg_frame *frames, size_t count, size_t limit, const char *style);

/* A text of the program's, with its title; nothing where it is empty. */
void hg_html_block(FILE *out, const char *title, const char *text);

/* The change from a to b in percent, with its sign; -100 only where nothing is left. a > 0. */
void hg_html_percent(FILE *out, double a, double b);

/* Bars: blocks of one site alive at the end, by the round that allocated them; warm-up rounds apart. */
void hg_html_survivors(FILE *out, const hg_cell *cell, const hg_site *site);

/* The same for the whole cell, in bytes, stacked by class; nothing where no site has the figures. */
void hg_html_births(FILE *out, const hg_view *view, size_t index);

/* The growing sites of a cell as a flame graph, or a link to the one of another allocator that looks the
 * same; nothing where nothing grows. */
void hg_html_flame(FILE *out, const hg_view *view, size_t index);

/* The sites of a cell, ranked, with their stacks. */
void hg_html_sites(FILE *out, const hg_view *view, size_t index);

/* The table of the first screen. */
void hg_html_summary(FILE *out, const hg_view *view);

/* What the growth means in production; nothing where nothing grows. */
void hg_html_meaning(FILE *out, const hg_view *view);
bool hg_html_has_meaning(const hg_view *view);

/* Memory at the end, first subject and second; nothing where no pair can be compared. */
void hg_html_saved(FILE *out, const hg_view *view);
bool hg_html_has_saved(const hg_view *view);

/* The list of what the page has, with links; red: cells that are not as expected. */
void hg_html_contents(FILE *out, const hg_view *view, size_t red);

/* Which allocation sites were tried; nothing for a run that does not say. */
void hg_html_tried(FILE *out, const hg_tried *tried);

/* What heapgate torture found; nothing for a run without faults. */
void hg_html_torture(FILE *out, const hg_torture *torture, const hg_torture_findings *findings);

/* Charts, figures and cells of the workload cells[start..end). */
void hg_html_workload(FILE *out, const hg_view *view, size_t start, size_t end);

/* The speeds of the workload cells[start..end); nothing where none was measured. */
void hg_html_speed(FILE *out, const hg_view *view, size_t start, size_t end);

/* Everything about one cell, folded under a summary line. */
void hg_html_cell(FILE *out, const hg_view *view, size_t index, bool open);

/*
 * The index after the last cell of a row that begins at start. A row has the cells of one allocator, and
 * those of the next allocators while they look the same (subjects, verdicts and printed rates).
 */
size_t hg_html_row_end(const hg_view *view, size_t start);

/* The allocators of cells[start..end), each once: "glibc, jemalloc". */
void hg_html_allocators(FILE *out, const hg_view *view, size_t start, size_t end);

/* The index of a subject's cell among cells[start..end); end where there is none. */
size_t hg_html_find(const hg_view *view, size_t start, size_t end, const char *subject);

/*
 * The cell that this one is compared with. If the run has two subjects and this cell is of the first, it is
 * the second's with the same workload and allocator, unless that failed. Otherwise NULL.
 */
const hg_cell *hg_html_other(const hg_view *view, size_t index);

#endif
