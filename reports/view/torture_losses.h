/*
 * What faults lost, as cells, for reports that know only cells and call stacks: the memory that a finding
 * lost looks like growth in one op.
 */
#ifndef HG_VIEW_TORTURE_LOSSES_H
#define HG_VIEW_TORTURE_LOSSES_H

#include "model/model.h"

typedef struct hg_torture_losses {
    hg_run run;         /* the cells of the run, and after them one for each finding that lost memory */
    hg_cell *cells;     /* those of run */
    hg_site *sites;     /* of the added ones */
    char (*names)[128]; /* "fault ID, MODE", in place of the added ones' allocators */
} hg_torture_losses;

/*
 * Everything else is borrowed from the run, which must outlive it. False when memory ran out; then there is
 * nothing to free.
 */
bool hg_torture_losses_add(const hg_run *run, hg_torture_losses *ret_losses);
void hg_torture_losses_free(hg_torture_losses *losses);

#endif
