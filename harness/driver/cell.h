/*
 * One cell: a workload against a subject on an allocator, from its plan to its verdict.
 *
 * A cell runs in a process of its own, which the driver starts, watches and reads when it is gone. It runs
 * again, in a fresh process and four times as long, warm-up and all, as looks.h says. A look that crashes,
 * ends the process, fails or hangs fails the cell, whichever look it is, and what was measured before stands
 * beside it; one that takes too long takes nothing back, but what wanted it for confirmation becomes
 * inconclusive. The budget bounds the time of all runs together, and is the only clock that a verdict can
 * depend on.
 */
#ifndef HG_DRIVER_CELL_H
#define HG_DRIVER_CELL_H

#include "process/plan.h"
#include "symbols/symbols.h"

typedef struct hg_cell_run hg_cell_run;

/* Strings of the plan are borrowed and must outlive the run. NULL when memory ran out. */
hg_cell_run *hg_cell_start(const hg_cell_plan *plan);

/* Moves on as far as possible without blocking. True when the result is there. */
bool hg_cell_poll(hg_cell_run *run, hg_symbols *symbols);

/* Descriptors that become readable when hg_cell_poll has something to do; -1 where none is open. */
void hg_cell_descriptors(const hg_cell_run *run, int ret_fds[2]);

/* How far the look that runs has come. */
typedef struct hg_cell_progress {
    const hg_cell *cell; /* named, and without figures of this look */
    uint32_t look;       /* from 1 */
    uint32_t round;      /* that runs, warm-up and all, from 1 */
    uint32_t rounds;     /* that the look has */
    double seconds_left; /* until the look ends, if the other rounds take as long; below 0: not known yet */
} hg_cell_progress;

/* False: no look runs. */
bool hg_cell_tell_progress(const hg_cell_run *run, hg_cell_progress *ret_progress);

/* Moves the result into cell, which hg_run_add_cell made. */
void hg_cell_take(hg_cell_run *run, hg_cell *cell);

/* Stops the process, if one runs. NULL is fine. */
void hg_cell_free(hg_cell_run *run);

#endif
