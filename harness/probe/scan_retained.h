/*
 * What each root retains: the blocks to which no other root leads, that would be lost without it.
 *
 * That is what the roots dominate in the graph of blocks (Lengauer and Tarjan, "A fast algorithm for finding
 * dominators in a flowgraph", 1979). Roots lie one behind the other in the memory of modules and threads, and
 * a root is a variable, of which only the reader of the scan file knows where it begins and ends. So each
 * block is told by the first and the last place from which it can be reached: a root retains the block
 * exactly if both lie in it. Two walks find them, each in linear time: one begins at the places in ascending
 * order and marks what it comes to first, the other one in descending order.
 *
 * As in scan_graph, roots that last go before stacks, and stacks before mappings: a function that uses a
 * block of a table takes nothing away from the table.
 */
#ifndef HG_PROBE_SCAN_RETAINED_H
#define HG_PROBE_SCAN_RETAINED_H

#include "probe/scan_graph.h"

/* Fills the table of the file. After hg_graph_follow. NULL: done; otherwise why it cannot be. */
const char *hg_scan_retained_by_roots(const hg_scan_graph *graph, const hg_scan_file *file, int64_t deadline);

#endif
