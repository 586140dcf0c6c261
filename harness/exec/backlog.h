/*
 * Leaks that a program's rounds by the clock do not show, at one place that has nearly all of the growth.
 *
 * A queue that is served too slowly: its blocks die, and it grows all the same. No round of birth has
 * survivors, so it is told by what is alive. A cache that fills slows down, a pool that swings returns; this
 * rises at one rate in both halves of the run, and surely (level.h).
 *
 * A leak in a program that pauses, or slows down: against its allocations, the growth is a straight line.
 *
 * In `check` runs of different length tell; a program has one run. Pure. Any thread.
 */
#ifndef HG_EXEC_BACKLOG_H
#define HG_EXEC_BACKLOG_H

#include "exec/cells.h"
#include "watch/watched.h"

/* Makes an inconclusive cell a leak if that is what grows. False when memory ran out. A cell has samples. */
bool hg_backlog_note(const hg_cells_plan *how, const hg_watched *watched, hg_cell *cell);

/* Makes a leak inconclusive that may be what a rising load keeps for a while. False when memory ran out. */
bool hg_backlog_doubt_ramp(hg_cell *cell);

/* Whether allocations become fewer, and the growth of all memory in like measure. */
bool hg_backlog_slows_down(const hg_cell *cell);

#endif
