/*
 * What the probe keeps for each thread: its counters in the record, the bounds of its stack, and the stacks
 * that it remembers. When the thread ends, all this is kept and handed to the next new thread. The kernel
 * wipes it in a copy of the process: without rows and lines, all calls of a child go the slow way.
 */
#ifndef HG_PROBE_THREAD_H
#define HG_PROBE_THREAD_H

#include "probe/known_contexts.h"
#include "probe/tag.h"
#include "record/record.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct hg_thread {
    hg_record_tally *rows[1u << HG_TAG_EPOCH_BITS]; /* of the shard, by epoch; NULL: not in use yet */
    hg_record_shard *shard;
    uint32_t shard_class;
    uint64_t contexts; /* that the rows have room for; the kernel's wiping makes it 0 */
    hg_record_shard *shards[HG_SHARD_CLASSES]; /* NULL: none yet */
    _Atomic uint64_t live_blocks, live_bytes;  /* that it counted as allocated less as freed; modulo 2^64 */
    bool shared;                               /* the shard is the common one: all others are taken */
    struct hg_thread *next;                    /* of all */
    bool taken;
    uintptr_t stack_begin, stack_end; /* 0 when unknown */
    uintptr_t lines_begin, lines_end; /* the stack that lines lead to */
    bool knows_stack;                 /* it has been looked for, at least */
    hg_known_trail trail;
    hg_walk walk; /* scratch */
    hg_line lines[HG_LINES];
} hg_thread;

/* Binds to the record, in the main thread. Returns 0 or an error number. */
int hg_thread_start(const hg_record *record);

/*
 * The calling thread's own; NULL when memory is not to be had, and then the common shard takes its counts.
 * Given back by itself when the thread ends. Its stack is not known yet.
 */
HG_SLOW hg_thread *hg_thread_take(void);

/* Finds the bounds of the calling thread's stack. Allocates, except in the main thread. */
HG_SLOW void hg_thread_find_stack(hg_thread *thread);

/* The counters of blocks born in the epoch; puts the row in use. The thread is not a shared one. */
HG_SLOW hg_record_tally *hg_thread_row(hg_thread *thread, uint32_t epoch);
/*
 * Goes on in a larger shard, with room for the context; or makes the thread a shared one if there is none.
 * The caller is at work for the probe.
 */
void hg_thread_enlarge(hg_thread *thread, uint32_t context);
/*
 * The common shard's counters, to be added to atomically; NULL if there is no address space. The caller is at
 * work for the probe.
 */
hg_record_tally *hg_thread_common_tally(uint32_t context, uint32_t epoch);

/* What all threads together counted as alive, without what went to the common shard. Any thread; no lock. */
hg_record_live hg_thread_live(void);

/* The bounds of a stack, from its lowest address. */
typedef struct hg_stack_bounds {
    uintptr_t begin, end;
} hg_stack_bounds;

/* The known stacks of threads that have not ended, up to `most`; gives their number. The caller holds the
 * lock. */
size_t hg_thread_stacks(hg_stack_bounds *ret_stacks, size_t most);

/* No line of any thread leads anywhere: code was unloaded. Any thread. */
void hg_thread_forget_lines(void);

/* No thread has a row in use, or has counted anything. Others may be about to use theirs. */
void hg_thread_forget_rows(void);

/* Called when the calling thread's own is given back. */
extern void (*hg_thread_ended)(void);

/* A forked child counts into a record of its own; its one thread is to be taken anew. */
void hg_thread_reset(const hg_record *record);

#endif
