/*
 * Joining the runs of one suite's shards into one run.
 */
#ifndef HG_MODEL_MERGE_H
#define HG_MODEL_MERGE_H

#include "model/model.h"

typedef enum hg_merge_status {
    HG_MERGE_DONE,
    HG_MERGE_NO_MEMORY,
    HG_MERGE_OTHER_SUITE,
    HG_MERGE_OTHER_VERSION, /* of heapgate: its figures may mean something else */
    HG_MERGE_OTHER_SHARDS,  /* another number of shards, or of cells in all of them */
    HG_MERGE_OTHER_SEED,    /* of the workloads' random choices; never with replace */
    HG_MERGE_SAME_SHARD,    /* both have it; never with replace */
    HG_MERGE_SAME_CELL,     /* both have a cell of the same workload, subject and allocator */
    HG_MERGE_TOO_MANY,      /* cells, beyond HG_RUN_MAX_CELLS */
} hg_merge_status;

/*
 * Moves the cells of `from` into `into`. With replace a cell of `from` takes the place of the same one in
 * `into`, else that is HG_MERGE_SAME_CELL and *ret_cell its index in `from`. Both start as the earlier one
 * did, took as long as both together, and name both machines. Cells of shards are put into the suite's order,
 * others behind them. On failure both runs are as they were.
 */
hg_merge_status hg_run_merge(hg_run *into, hg_run *from, bool replace, size_t *ret_cell);

/* What a run of shards lacks to be the whole suite's. */
typedef struct hg_part_lack {
    uint32_t shards;      /* that are missing */
    uint32_t first[3];    /* the numbers of the first of them, 0 beyond the last */
    uint64_t cells;       /* of the suite that are not there */
    uint64_t interrupted; /* of these, cells of shards that are there */
} hg_part_lack;

/*
 * Makes a run that has every shard and every cell the whole suite's run: it is then of no shard. True for
 * such a run, and for one that never was of a shard. Otherwise nothing changes, and *ret_lack says why.
 */
bool hg_run_make_whole(hg_run *run, hg_part_lack *ret_lack);

#endif
