/*
 * What was counted of a process's memory, and whether what was not counted grows. What heapgate does not
 * see is never called clean.
 *
 * Growth outside what is counted is the trend (analysis/level.h) of resident memory and of mapped shared
 * memory, without the blocks and mappings alive, over the measured rounds. An allocator settles, and its
 * pools fragment, for a while: the trend counts only if it is that of the last half of these rounds, too,
 * and comes to HG_UNEXPLAINED_BYTES and HG_UNEXPLAINED_SHARE of what is resident. Memory that has returned
 * to where it was (analysis/level.h) has not grown.
 */
#ifndef HG_EXEC_COVERAGE_H
#define HG_EXEC_COVERAGE_H

#include "model/model.h"
#include "watch/watched.h"

#define HG_UNEXPLAINED_BYTES (1 << 20)
#define HG_UNEXPLAINED_SHARE 0.1

/* Growth that is as fast in either half of the rounds counts from so much on, and half of that share. */
#define HG_UNEXPLAINED_EVEN_BYTES (1 << 18)

/* Where little is counted, growth of pools is no noise; where another allocator is known to divide memory,
 * even less so. */
#define HG_UNEXPLAINED_POOL_BYTES  (1 << 17)
#define HG_UNEXPLAINED_ARENA_BYTES (1 << 15)

/* Files in memory (watch/outside.h) are no pools: from so much on, their growth counts. */
#define HG_HELD_BYTES (1 << 17)

/* So many times the size of the largest blocks that came is no growth either: the C library gives the end of
 * its heap back when it is twice as large as the largest mapping that was freed (M_TRIM_THRESHOLD). */
#define HG_KEPT_BLOCKS 2.0

/* Less than this share of what is resident is little, and less than so much in any case. */
#define HG_LITTLE_COVERED 0.2
#define HG_LITTLE_BYTES   65536.0

/* So much resident memory is the loader's and the C library's own, not the program's. */
#define HG_LOADER_BYTES (2 << 20)

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
