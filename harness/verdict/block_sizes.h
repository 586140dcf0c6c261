/*
 * How large the blocks were that a process allocated, whether or not they live.
 */
#ifndef HG_VERDICT_BLOCK_SIZES_H
#define HG_VERDICT_BLOCK_SIZES_H

#include "record/record.h"

/*
 * The mean size, in bytes, of the blocks of the call path with the largest ones, of all but the control's,
 * from an epoch on. 0 where nothing was allocated, where the record has no counters of its own, or when
 * memory ran out.
 */
double hg_largest_block(const hg_record *record, uint32_t from);

#endif
