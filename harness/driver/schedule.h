/*
 * Many cells at once: the driver's one loop.
 */
#ifndef HG_DRIVER_SCHEDULE_H
#define HG_DRIVER_SCHEDULE_H

#include "driver/cell.h"

/* Who is told of every cell, as it ends. NULL where nobody is. */
typedef struct hg_progress {
    /* run: with all cells that ended so far; cell: the one that ended now, in it; planned: all there are to
     * be. */
    void (*ended)(void *user_data, const hg_run *run, const hg_cell *cell, size_t planned);
    /* Called for one of the cells that run, every 50 ms or so. */
    void (*running)(void *user_data, const hg_cell_progress *cell, size_t planned);
    void *user_data;
} hg_progress;

/*
 * Runs the plans, at most `parallel` at a time. Their cells come into the run, which has none yet, as they
 * end, and always in the order of the plans. Returns 0, or a negative errno when memory ran out; -EINTR when
 * *stop became true, with what had ended by then in the run.
 */
int hg_schedule(const hg_cell_plan *plans, size_t count, unsigned parallel, const volatile int *stop,
                const hg_progress *progress, hg_run *run);

#endif
