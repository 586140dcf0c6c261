/*
 * What was counted of a process's memory, and whether what was not counted grows. What heapgate does not
 * see is never called clean.
 *
 * Growth outside what is counted is that of resident memory and of mapped shared memory, without the blocks
 * and mappings alive (analysis/unseen.h).
 */
#ifndef HG_EXEC_COVERAGE_H
#define HG_EXEC_COVERAGE_H

#include "model/model.h"
#include "watch/watched.h"

/*
 * Fills the cell's coverage from the rounds. Where the cell was called clean, and something that was not
 * counted grows or may grow, makes it inconclusive and says why; where it was inconclusive, says what grows.
 * warmup: rounds. alone: no other process is known that may share its memory; where there is one, pages come
 * that the other has filled, and only the size of what is mapped counts. opener: who opened the largest file
 * in memory, or "". False when memory ran out.
 */
bool hg_coverage_judge(const hg_watched *watched, uint32_t warmup, bool alone, const char *opener,
                       hg_cell *cell);

#endif
