/*
 * Joins the runs of a suite's shards into one run.
 */
#ifndef HG_MODEL_MERGE_H
#define HG_MODEL_MERGE_H

#include "model/model.h"

typedef enum hg_merge_status {
    HG_MERGE_DONE,
    HG_MERGE_NO_MEMORY,
    HG_MERGE_OTHER_SUITE,
    HG_MERGE_OTHER_VERSION, /* of heapgate: its figures may have another meaning */
    HG_MERGE_OTHER_SHARDS,  /* another number of shards, or of cells in all of them */
    HG_MERGE_OTHER_SEED,    /* of the workloads' random choices; never with replace */
    HG_MERGE_SAME_SHARD,    /* both have it; never with replace */
    HG_MERGE_SAME_CELL,     /* both have a cell of the same workload, subject and allocator */
    HG_MERGE_TOO_MANY,      /* cells, beyond HG_RUN_MAX_CELLS */
} hg_merge_status;

/*
 * Moves the cells of `from` into `into`. If both have a cell, replace keeps the one of `from`; without
 * replace the status is HG_MERGE_SAME_CELL, and *ret_cell is the index in `from`. The result has the earlier
 * start, the sum of both durations, and both machines. Cells of shards are in the suite's order, other cells
 * come last. On failure both runs are unchanged.
 */
hg_merge_status hg_run_merge(hg_run *into, hg_run *from, bool replace, size_t *ret_cell);

/* What a run of shards lacks to cover the whole suite. */
typedef struct hg_part_lack {
    uint32_t shards;      /* that are missing */
    uint32_t first[3];    /* their numbers, at most three of them; 0 for none */
    uint64_t cells;       /* of the suite that are missing */
    uint64_t interrupted; /* of these, cells of shards that the run has */
} hg_part_lack;

/*
 * Turns a run that has every shard and every cell into a run of the whole suite, without shards. True for
 * such a run, and for one that never had shards. Otherwise nothing changes, and *ret_lack says what is
 * missing.
 */
bool hg_run_make_whole(hg_run *run, hg_part_lack *ret_lack);

#endif
