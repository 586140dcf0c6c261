/*
 * Cells that were measured, each also under memcheck.
 */
#ifndef HG_PROFILE_CROSS_CHECKS_H
#define HG_PROFILE_CROSS_CHECKS_H

#include "profile/profile.h"

/* Told of every cell whose check ended. message: why it failed, NULL when it did not. */
typedef void (*hg_cross_check_progress)(const hg_cell *cell, const char *message, size_t done, size_t total);

/*
 * Runs memcheck for each cell of the run, at most `parallel` at a time, and puts the answers into the cells.
 * The cells are those of the plans, in their order; cells that differ in the allocator alone, which memcheck
 * replaces, share one run of it, and cells that failed are left out. The files go to folders below /tmp that
 * are removed. 0 or a negative errno, -EINTR when *stop became true; the answers so far stand.
 */
int hg_cross_check_cells(const hg_cell_plan *plans, hg_run *run, unsigned parallel, const volatile int *stop,
                         hg_cross_check_progress progress);

#endif
