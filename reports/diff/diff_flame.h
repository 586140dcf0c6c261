/*
 * A differential flame graph of two cells (Gregg, "Differential Flame Graphs", 2014): call paths from the
 * outermost caller downwards. Unlike there, a box is as wide as the larger of its two rates, so that a leak
 * that is gone has its place, too. Red and an arrow up: it grows faster in B; blue and an arrow down: in A.
 * The paths are those that the comparison has: they leak on one side at least. A path whose change is not
 * clear is grey.
 */
#ifndef HG_DIFF_DIFF_FLAME_H
#define HG_DIFF_DIFF_FLAME_H

#include "diff/diff.h"

#include <stdio.h>

/* Writes the graph; nothing where nothing leaks. Allocates nothing. */
void hg_diff_flame(FILE *out, const hg_cell_diff *cell);

#endif
