/*
 * What is not as expected, for a reader who has time for a few things: cells, each story once (view.h), the
 * surest and largest first (leaks by their rate, then what else is not as expected, what failed, and what is
 * inconclusive), and each finding of a torture pass that the suite does not accept. A cell stands for its
 * culprit; what else leaks in it comes last.
 */
#ifndef HG_VIEW_UNMET_H
#define HG_VIEW_UNMET_H

#include "model/model.h"

typedef struct hg_unmet_path {
    const hg_cell *cell; /* both the run's */
    const hg_site *site;
} hg_unmet_path;

typedef struct hg_unmet {
    const hg_cell **cells; /* the run's */
    size_t count;
    const hg_fault **faults; /* the run's */
    size_t fault_count;
    hg_unmet_path *more; /* call paths that leak beside the culprits of cells that must not; fastest first */
    size_t more_count;
} hg_unmet;

/* False when memory ran out; then there is nothing to free. */
bool hg_unmet_gather(const hg_run *run, hg_unmet *ret_unmet);
void hg_unmet_free(hg_unmet *unmet);

/* What is wrong with one of them: its verdict, "leak-not-seen", or the type of a trouble (view.h). */
const char *hg_unmet_kind(const hg_cell *cell);

#endif
