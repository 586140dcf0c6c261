/*
 * Joining the runs of one suite's shards into one run.
 */
#ifndef HG_REPORTS_MERGE_H
#define HG_REPORTS_MERGE_H

#include "model.h"

typedef enum hg_merge_status {
    HG_MERGE_DONE,
    HG_MERGE_NO_MEMORY,
    HG_MERGE_OTHER_SUITE,
    HG_MERGE_OTHER_VERSION, /* of heapgate: its figures may mean something else */
    HG_MERGE_SAME_CELL,     /* both have a cell of the same workload, subject and allocator */
    HG_MERGE_TOO_MANY,      /* cells, beyond HG_RUN_MAX_CELLS */
} hg_merge_status;

/*
 * Moves the cells of `from` into `into`. With replace a cell of `from` takes the place of the same one in
 * `into`, else that is HG_MERGE_SAME_CELL and *ret_cell its index in `from`. Both start as the earlier one
 * did, took as long as both together, and name both machines. On failure both runs are as they were.
 */
hg_merge_status hg_run_merge(hg_run *into, hg_run *from, bool replace, size_t *ret_cell);

#endif
