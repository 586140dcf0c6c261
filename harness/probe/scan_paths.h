/*
 * The ways from the roots to the blocks, with like ones taken together.
 *
 * Two ways are alike if they begin at the same root and make the same steps. A step is where the pointer lies
 * in its block, and what kind of block it leads to: kinds are told apart by the two innermost return
 * addresses of the stack that allocated the block. Where blocks of one kind point to blocks of another from
 * many places, that is an array. Where a way comes to a kind that it has been through, it is a list, a tree
 * or the like, and goes round any number of times: so no way is longer than there are kinds.
 */
#ifndef HG_PROBE_SCAN_PATHS_H
#define HG_PROBE_SCAN_PATHS_H

#include "probe/scan_graph.h"

/* Fills the paths and counts of the snapshot's file. Null: done; otherwise why it cannot be. */
const char *hg_scan_paths(const hg_scan_graph *graph, const hg_snapshot *snapshot);

#endif
