/*
 * Many cells at once: the driver's one loop.
 */
#ifndef HG_DRIVER_SCHEDULE_H
#define HG_DRIVER_SCHEDULE_H

#include "cell.h"

/* Told of every cell that ended, as it ends. */
typedef void (*hg_progress)(const hg_cell *cell, size_t done, size_t total, void *user_data);

/*
 * Runs the plans, at most `parallel` at a time, and appends their cells to the run in the order of the plans.
 * Returns 0, or a negative errno when memory ran out; -EINTR when *stop became true, with what had ended by
 * then in the run.
 */
int hg_schedule(const hg_cell_plan *plans, size_t count, unsigned parallel, const volatile int *stop,
                hg_progress progress, void *user_data, hg_run *run);

#endif
