/*
 * The sites of two matched cells, compared. Part of diff.c.
 */
#ifndef HG_DIFF_DIFF_SITES_H
#define HG_DIFF_DIFF_SITES_H

#include "diff/diff.h"

/* Fills the cell's sites from its a and b. False when memory ran out; the caller still frees cell->sites. */
bool hg_diff_sites(hg_cell_diff *cell);

/* Compares the rates of two growing sites or cells. */
hg_change hg_diff_rates(double a, double a_error, double b, double b_error);

#endif
