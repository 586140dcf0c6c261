/*
 * The result of a cross-check by memcheck, in one line.
 */
#ifndef HG_VIEW_CROSS_CHECK_H
#define HG_VIEW_CROSS_CHECK_H

#include "model/model.h"

#define HG_CROSS_CHECK_LINE 256

/* For a cell: "memcheck agrees: 19.0 KiB lost per schema (200 ops)"; "" without a cross-check. Plain ASCII,
 * except for the unit, which is the workload's. */
void hg_cross_check_line(const hg_cell *cell, char out[HG_CROSS_CHECK_LINE]);

/* For a run: "memcheck agrees on 20 cells, calls 12 leaks reachable"; "" without a cross-check. */
void hg_cross_check_summary(const hg_run *run, char out[HG_CROSS_CHECK_LINE]);

#endif
