/*
 * A site as a profiler sees it: one stack from the allocating call outwards, and its weight. Nothing here
 * allocates; strings are the run's.
 */
#ifndef HG_VIEW_STACK_H
#define HG_VIEW_STACK_H

#include "model/model.h"

/* The weight of a site. Leaked is what it gained over the measured ops, 0 if it does not grow. */
typedef struct hg_weight {
    int64_t live_bytes, live_blocks;
    int64_t leaked_bytes, leaked_blocks;
} hg_weight;

hg_weight hg_stack_weight(const hg_cell *cell, const hg_site *site);

/* The frames inside the culprit and those from it outwards, as one list. */
size_t hg_stack_depth(const hg_site *site);
const hg_frame *hg_stack_frame(const hg_site *site, size_t index); /* 0 is the innermost */

/* Whether two frames are the same place for a reader; of code without a symbol, the offset tells. */
bool hg_stack_same_frame(const hg_frame *a, const hg_frame *b);

/* How many outer frames two sites share. */
size_t hg_stack_shared(const hg_site *a, const hg_site *b);

/* The outermost entry of a stack whose outer callers were not recorded. */
#define HG_STACK_CUT "[callers not recorded]"

/* Why, of a site that is cut. */
const char *hg_stack_why_cut(const hg_site *site);

#define HG_STACK_NAME_SIZE 128

/*
 * The name of a frame, unescaped: its function, else "module+0xoffset", else "[unknown]". Points into the
 * frame or into buffer.
 */
const char *hg_stack_name(const hg_frame *frame, char buffer[HG_STACK_NAME_SIZE]);

#define HG_SHORT_NAME_SIZE 512

/*
 * A function's name, unescaped: where it is longer than so many bytes, with "<...>" for template arguments.
 * Points to the name itself or into buffer, to which a name is cut.
 */
const char *hg_stack_short_function(const char *name, size_t most, char buffer[HG_SHORT_NAME_SIZE]);

/* The nearest int64_t; NaN is 0. */
int64_t hg_stack_round(double value);

#endif
