/*
 * What a cross-check by memcheck came to, in a line.
 */
#ifndef HG_VIEW_CROSS_CHECK_H
#define HG_VIEW_CROSS_CHECK_H

#include "model/model.h"

#define HG_CROSS_CHECK_LINE 256

/* Of a cell: "memcheck agrees: 19.0 KiB lost per schema (200 ops)"; "" where it was not asked. Plain ASCII,
 * but for the unit, which is the workload's. */
void hg_cross_check_line(const hg_cell *cell, char out[HG_CROSS_CHECK_LINE]);

/* Of a run: "memcheck agrees on 20 cells, calls 12 leaks reachable"; "" where it was not asked. */
void hg_cross_check_summary(const hg_run *run, char out[HG_CROSS_CHECK_LINE]);

#endif
