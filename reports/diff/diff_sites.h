/*
 * The sites of two matched cells, compared. Part of diff.c.
 */
#ifndef HG_DIFF_DIFF_SITES_H
#define HG_DIFF_DIFF_SITES_H

#include "diff/diff.h"

/* Fills the cell's sites from its a and b. False when memory ran out; what is there is to be freed. */
bool hg_diff_sites(hg_cell_diff *cell);

/* How B's rate stands to A's, both growing. */
hg_change hg_diff_rates(double a, double a_error, double b, double b_error);

#endif
