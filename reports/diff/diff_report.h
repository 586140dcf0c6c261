/*
 * Writes a comparison for a terminal, for a program, for a pull request, and as a page. Names are escaped as
 * in every report, and the same comparison gives the same bytes.
 */
#ifndef HG_DIFF_DIFF_REPORT_H
#define HG_DIFF_DIFF_REPORT_H

#include "diff/diff.h"
#include "view/writers.h"

/* The names of the two sides: paths of the runs, or subjects. */
typedef struct hg_diff_names {
    const char *a, *b;
} hg_diff_names;

/* The options of the text report; verbose also shows what is the same. Allocates nothing. */
void hg_diff_text(const hg_diff *diff, const hg_diff_names *names, const hg_report_options *options,
                  FILE *out);

/* One object, "schema": "heapgate-diff/1". Allocates nothing. */
void hg_diff_json(const hg_diff *diff, const hg_diff_names *names, FILE *out);

/* At most HG_PAGE_BYTES. False when memory ran out. */
bool hg_diff_markdown(const hg_diff *diff, const hg_diff_names *names, FILE *out);

/* One page with a differential flame graph of each cell that changed. Allocates nothing. */
void hg_diff_html(const hg_diff *diff, const hg_diff_names *names, FILE *out);

/* "2 new, 1 worse, 3 same": the sites by kind of change, or a few words where there are none. */
void hg_diff_write_counts(const hg_diff *diff, FILE *out);

/* Whether anything about the cell changed. */
bool hg_diff_is_changed(const hg_cell_diff *cell);

#endif
