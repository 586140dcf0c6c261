/*
 * Two runs side by side, read as A -> B: what leaks in B that did not leak in A, what leaks faster, slower,
 * no longer, or as before; by cell and, within a cell, by site.
 *
 * Cells are matched by workload, subject and allocator; with subjects named, the cells of one subject in A by
 * those of another in B. Sites are matched by their symbolic call path (path.h); sites of a cell on the same
 * path count as one, their rates added. A site on one side only is taken for a renamed function when a site
 * on the other side has the same rate and differs in one name.
 *
 * Compared is what leaks on one side at least. Where the other side gains memory on the same path without
 * being sure of it, the path is unclear, unless the rates are too far apart for that; so is a leak on one
 * side only that the other could not have seen. Worse and better are said only of what lies beyond
 * HG_DIFF_ERRORS times the combined standard error of the two rates and beyond the 1 % to which every cell
 * must recover its control.
 *
 * Borrows from both runs, which must outlive it. Not thread-safe.
 */
#ifndef HG_DIFF_DIFF_H
#define HG_DIFF_DIFF_H

#include "model/model.h"

#define HG_DIFF_ERRORS    3.0
#define HG_DIFF_PRECISION 0.01

/* Renames are looked for in cells with so many sites at most. */
#define HG_DIFF_RENAMES_AMONG 2000u

typedef enum hg_change {
    HG_CHANGE_NEW,
    HG_CHANGE_WORSE,
    HG_CHANGE_UNCLEAR, /* one side cannot tell: it failed, is not sure, or would not have seen it */
    HG_CHANGE_BETTER,
    HG_CHANGE_FIXED,
    HG_CHANGE_SAME,
    HG_CHANGES,
} hg_change;

/* "new", "worse", ...; never NULL. */
const char *hg_change_name(hg_change change);

/* What one side has on a path: all its sites there that gain memory. */
typedef struct hg_diff_side {
    const hg_site *site; /* the fastest of them; NULL where there is none */
    bool leaks;          /* one of them is a leak for sure; else the run was too short to tell */
    double bytes_per_op, bytes_per_op_error, blocks_per_op;
} hg_diff_side;

typedef struct hg_site_diff {
    hg_change change;
    hg_diff_side a, b;
    bool renamed;         /* likely: one function has another name, and nothing else changed */
    size_t renamed_frame; /* its index in both sites' frames */
} hg_site_diff;

typedef struct hg_cell_diff {
    hg_change change; /* of the cell's own rate and verdict */
    const hg_cell *a, *b;
    hg_site_diff *sites; /* in the order of hg_change, the largest difference first */
    size_t site_count;
} hg_cell_diff;

typedef struct hg_diff {
    const hg_run *a, *b;
    hg_cell_diff *cells; /* matched, in the order of B */
    size_t cell_count;
    const hg_cell **only_a, **only_b; /* cells of the chosen subjects that the other run does not have */
    size_t only_a_count, only_b_count;
} hg_diff;

/*
 * subject_a and subject_b name the cells to compare; NULL for both compares equal subjects. NULL when memory
 * ran out.
 */
hg_diff *hg_diff_new(const hg_run *a, const hg_run *b, const char *subject_a, const char *subject_b);
void hg_diff_free(hg_diff *diff); /* NULL is fine */

/* How many sites changed in this way, all cells together. */
size_t hg_diff_count(const hg_diff *diff, hg_change change);

/* 1 when a site or a cell is new or worse, else 3 when a cell is unclear, else 0. */
int hg_diff_exit_code(const hg_diff *diff);

#endif
