/*
 * Compares two runs, A -> B: which leaks are new in B, which became faster or slower, which are gone, and
 * which are the same. It compares cells and, within a cell, sites.
 *
 * Cells match by workload, subject and allocator. If the caller names two subjects, cells of the one in A
 * match cells of the other in B. Sites match by their symbolic call path (path.h); the rates of a cell's
 * sites on one path are added. If a site is on one side only, and a site on the other side has the same rate
 * and a path that differs in one name, the function was probably renamed.
 *
 * A path is compared when it leaks on at least one side. It is unclear in two cases: the other side grows on
 * that path, perhaps steadily, at a rate that is not clearly different; or the other side could not have
 * detected such a leak. A rate is worse or better only if the difference exceeds both HG_DIFF_ERRORS times
 * the combined standard error and the 1 % to which every cell must recover its control.
 *
 * The comparison borrows from both runs, which must outlive it. Not thread-safe.
 */
#ifndef HG_DIFF_DIFF_H
#define HG_DIFF_DIFF_H

#include "model/model.h"

#define HG_DIFF_ERRORS    3.0
#define HG_DIFF_PRECISION 0.01

/* In a cell with more sites than this, no renames are looked for. */
#define HG_DIFF_RENAMES_AMONG 2000u

typedef enum hg_change {
    HG_CHANGE_NEW,
    HG_CHANGE_WORSE,
    HG_CHANGE_UNCLEAR, /* one side failed, is not sure, or could not have detected it */
    HG_CHANGE_BETTER,
    HG_CHANGE_FIXED,
    HG_CHANGE_SAME,
    HG_CHANGES,
} hg_change;

/* "new", "worse", ...; never NULL. */
const char *hg_change_name(hg_change change);

/* One side of a path: all its sites there that gain memory. */
typedef struct hg_diff_side {
    const hg_site *site; /* the fastest of them; NULL where there is none */
    bool leaks;          /* one of them certainly leaks; otherwise the run was too short to tell */
    double bytes_per_op, bytes_per_op_error, blocks_per_op;
} hg_diff_side;

typedef struct hg_site_diff {
    hg_change change;
    hg_diff_side a, b;
    bool renamed;         /* probably: one function has another name, and nothing else changed */
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
    const hg_cell **only_a, **only_b; /* cells of the chosen subjects without a match */
    size_t only_a_count, only_b_count;
} hg_diff;

/*
 * Compares the cells of subject_a in A with those of subject_b in B, or equal subjects if both are NULL. NULL
 * when memory ran out.
 */
hg_diff *hg_diff_new(const hg_run *a, const hg_run *b, const char *subject_a, const char *subject_b);
void hg_diff_free(hg_diff *diff); /* NULL is fine */

/* The number of sites in all cells that changed in this way. */
size_t hg_diff_count(const hg_diff *diff, hg_change change);

/* 1 when a site or a cell is new or worse, else 3 when a cell is unclear, else 0. */
int hg_diff_exit_code(const hg_diff *diff);

#endif
