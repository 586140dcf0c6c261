/*
 * The speed of cells, measured after the verdicts: the same ops of the same seed in processes without the
 * probe, on the cell's allocator.
 *
 * One process runs at a time. The subjects of a workload and allocator take turns, each repetition in a fresh
 * process and every other turn in reverse order, so that a slow moment of the machine hits all of them, and
 * so that how memory happened to be laid out is part of the spread. All subjects run the same number of ops:
 * as many as the slowest of them runs in HG_SPEED_SLICE_NS, but not more than the verdict was made of, since
 * inputs may end there.
 *
 * No figure, rather than a wrong one, where the ops timed take less than a quarter of a millisecond together,
 * where fewer than eight fit into the slice, where a process does not end as it should, and for a cell that
 * failed.
 */
#ifndef HG_DRIVER_SPEED_H
#define HG_DRIVER_SPEED_H

#include "driver/cell.h"

/* Told of each cell that is done. */
typedef void (*hg_speed_progress)(size_t done, size_t total, void *user_data);

/*
 * Times the cells of a run, one a plan and in the order of the plans, and judges what max_slowdown bounds.
 * Returns 0, or -EINTR when *stop became true, with the cells that were not reached untouched, or -ENOMEM.
 */
int hg_speed_measure(const hg_cell_plan *plans, size_t count, const volatile int *stop,
                     hg_speed_progress progress, void *user_data, hg_run *run);

#endif
