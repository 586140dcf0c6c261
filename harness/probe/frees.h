/*
 * Who frees: for a run that asks which allocation sites were tried (HG_MODE_FREES), the call paths that free
 * the blocks of each context, the first few distinct ones.
 *
 * A path is a context of its own in the record, marked HG_CONTEXT_FREES, that counts nothing and says whose
 * blocks it frees. Its frames are walked the slow way. So only the first frees of a context are looked at,
 * and after them ever fewer: the 4th, the 8th, the 16th and so on; and of all contexts that end in the same
 * frames, only some.
 *
 * Cost. A process that was not asked pays nothing in malloc and free. One that was takes the slow way through
 * both while there is something new: at the start of each round, and after a context that was not seen
 * before, until so many frees in a row showed nothing (counting.c).
 */
#ifndef HG_PROBE_FREES_H
#define HG_PROBE_FREES_H

#include "probe/thread.h"
#include <stdatomic.h>

/* Frees in a row without a new path, after which they are not looked at. */
enum { HG_FREES_QUIET = 200 };

/* Whether the driver asked. */
extern bool hg_frees_wanted;
/* Frees since there was something new. */
extern _Atomic uint32_t hg_frees_quiet;

/* As the record's mode says, before anything is counted. Without memory nothing is wanted. */
void hg_frees_start(const hg_record *record);
/* A forked child counts into a record of its own. */
void hg_frees_reset(void);

HG_QUICK bool hg_frees_are_looked_at(void)
{
    return __builtin_expect(hg_frees_wanted, false) &&
           atomic_load_explicit(&hg_frees_quiet, memory_order_relaxed) < HG_FREES_QUIET;
}

/* Something may be freed now in a way that was not seen before. */
HG_QUICK void hg_frees_look_again(void)
{
    if (__builtin_expect(hg_frees_wanted, false))
        atomic_store_explicit(&hg_frees_quiet, 0, memory_order_relaxed);
}

/* A context was met. The record has its frames. */
HG_SLOW void hg_frees_note_context(uint32_t context);

/* The calling thread frees a block of the context. The probe is not at work on it. */
HG_SLOW void hg_frees_note_block(uint32_t context);

HG_QUICK void hg_frees_note(uint32_t context)
{
    if (hg_frees_are_looked_at())
        hg_frees_note_block(context);
}

#endif
