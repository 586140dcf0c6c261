/*
 * Where pointers may lie in a copied process that keep blocks alive: modules, thread-local blocks, values of
 * pthread keys, stacks, registers, and what the process has from the one that it was forked from.
 */
#ifndef HG_PROBE_SCAN_ROOTS_H
#define HG_PROBE_SCAN_ROOTS_H

#include "probe/scan_graph.h"

/* After hg_graph_build. False if there is no memory. */
bool hg_scan_add_roots(hg_scan_graph *graph, const hg_snapshot *from);

#endif
