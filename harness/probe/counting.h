/*
 * What every allocation function of the probe needs: whether this process is attached, the calling thread's
 * state, and its counters.
 *
 * Counting. Each thread adds to its own counters in the record; a checkpoint adds them up. The counters
 * outlive the thread and are handed to the next new one. A thread that is past its end, and threads that the
 * record has no counters for, add atomically to common ones. One thread may count a block as allocated and
 * another as freed.
 *
 * Cost. The code that most allocations need is inline, here and in context.h; questions that few allocations
 * need are asked out of line (HG_SLOW).
 */
#ifndef HG_PROBE_COUNTING_H
#define HG_PROBE_COUNTING_H

#include "probe/dormant.h"
#include "probe/machine.h"
#include "probe/tag.h"
#include "probe/thread.h"
#include "record/assert.h"
#include "record/record.h"
#include <stdbool.h>
#include <stdint.h>

/* Of this process, once attached. */
extern hg_record hg_counting_record;
extern hg_record_pieces hg_counting_pieces;

/*
 * What a child must not have: without it, it is not attached, and passes everything through. The kernel
 * wipes this page in every copy of the process, however the copy was made. It also wipes what threads keep
 * for themselves (thread.h), which the quick way depends on; so the quick way need not ask for the key.
 */
typedef struct hg_counting_gate {
    hg_tag_key key;
    uint64_t counts;  /* 0: not attached, or asleep */
    uint64_t settled; /* a dormant process has its own page (dormant.h) */
    char rest_of_page[HG_MOST_PAGE - sizeof(hg_tag_key) - 2 * sizeof(uint64_t)];
} hg_counting_gate;
extern hg_counting_gate hg_counting_only_here;

/*
 * Thread-local state. It is volatile because of libc functions declared leaf: the compiler may assume that
 * they do not call back into this file, and drop the store before them.
 */
extern __thread hg_thread
    *volatile hg_counting_ready; /* the thread's own; NULL while busy, and if its counters are shared */
extern __thread volatile bool hg_counting_busy; /* the probe is at work on this thread */

/* For the quick way, which reads it once, at its start. Others write to it as if it were volatile. */
typedef struct hg_counting_local {
    size_t limit;      /* a smaller request may take the quick way, by the thread's lines; 0: none may */
    hg_thread *thread; /* hg_counting_ready, if sizes may be read from headers, else NULL */
} hg_counting_local;
extern __thread hg_counting_local hg_counting_quick;

/* Around what may allocate, or must not be disturbed by an allocation in a signal handler. Not nested. */
void hg_counting_enter(void);
void hg_counting_leave(void);

/*
 * The calling thread's own, NULL when it has none. The first call of a thread allocates, to learn where its
 * stack is, so this is for those who were called to allocate themselves, or to free.
 */
hg_thread *hg_counting_thread(void);

/*
 * The same without allocating. An allocator maps and protects memory under a lock of its own: if the probe
 * allocated there, the thread would wait for itself. Until the stack is known, every call is walked.
 */
hg_thread *hg_counting_thread_anywhere(void);

/* A forked child begins to count, if children are wanted; true when it does. In attach.c. */
HG_SLOW bool hg_counting_attach_child(void);

HG_QUICK const hg_tag_key *hg_counting_key(void)
{
    return &hg_counting_only_here.key;
}

HG_QUICK bool hg_counting_attached(void)
{
    return __builtin_expect(__atomic_load_n(&hg_counting_only_here.counts, __ATOMIC_RELAXED) != 0, true);
}

/* Whether a call is the program's, and to be counted. */
HG_QUICK bool hg_counting_wanted(void)
{
    return (hg_counting_attached() || (!hg_dormant_sleeps() && hg_counting_attach_child())) &&
           !hg_counting_busy;
}

/* Of blocks born now. */
HG_QUICK uint32_t hg_counting_epoch(void)
{
    return atomic_load_explicit(&hg_counting_record.header->epoch, memory_order_relaxed);
}

/* For hg_counting_reach. */
HG_SLOW void hg_counting_enlarge(hg_thread *thread, uint32_t context);

/* Counts a block where it belongs, and in the thread's total of what is alive. */
HG_QUICK void hg_counting_add(hg_thread *thread, hg_record_tally *tally, size_t bytes, bool freed)
{
    hg_add_alone(freed ? &tally->freed_blocks : &tally->allocated_blocks, 1);
    hg_add_alone(freed ? &tally->freed_bytes : &tally->allocated_bytes, bytes);
    if (freed) {
        hg_subtract_alone(&thread->live_blocks, 1);
        hg_subtract_alone(&thread->live_bytes, bytes);
    } else {
        hg_add_alone(&thread->live_blocks, 1);
        hg_add_alone(&thread->live_bytes, bytes);
    }
}

/* The same in a row of the calling thread's own. */
HG_QUICK void hg_counting_count(hg_thread *thread, hg_record_tally *row, const hg_tag *tag, bool freed)
{
    HG_PROBE_ASSERT(tag->context < HG_MAX_CONTEXTS && tag->epoch < hg_counting_record.epochs);
    hg_counting_add(thread, row + tag->context, tag->requested, freed);
}

/*
 * Sees to it that the thread has counters for the context, which it may be about to remember. It may be a
 * shared one afterwards. thread: may be NULL.
 */
HG_QUICK void hg_counting_reach(hg_thread *thread, uint32_t context)
{
    if (__builtin_expect(thread && context >= thread->contexts && !thread->shared, false))
        hg_counting_enlarge(thread, context);
}

/*
 * The same as hg_counting_count if the row may not be in use yet, or is shared, or there is no thread (NULL).
 */
HG_SLOW void hg_counting_count_slowly(hg_thread *thread, hg_tag tag, bool freed);

/*
 * Counts for whoever has no counters of its own, and for mappings: allocated (positive) or freed (negative).
 */
HG_SLOW void hg_counting_count_commonly(uint32_t context, uint32_t epoch, int64_t blocks, int64_t bytes);

/* A descriptor was opened or closed. It is not among what is alive below. */
void hg_counting_count_descriptor(uint32_t context, uint32_t epoch, bool closed);

/* What is alive now in the whole process. Any thread; exact when no other thread allocates or frees. */
hg_record_live hg_counting_live(void);

/* The probe has mapped this for itself; it stays. memory: may be MAP_FAILED or NULL, which is nothing. */
void hg_counting_note_own(const void *memory, size_t bytes);

/* The process begins to exit: leaves in the record that, and what is alive. Signal handlers, too. */
void hg_counting_exiting(void);

/*
 * The probe's own control (HG_MODE_CONTROL): loses one block an epoch, in the first allocation that needs a
 * new row. The block comes from the real allocator, is tagged and counted like any other.
 */
void hg_counting_leak_control(hg_thread *thread, uint32_t epoch);

/* Binds to hg_counting_record. Returns 0 or an error number. */
int hg_counting_start(void);
/* The same in a forked child, with its own record. */
void hg_counting_restart(void);
/* Makes a key that no block has had: counting begins. */
void hg_counting_begin(void);
/* Counting stops; threads find out when they leave the quick way. */
void hg_counting_pause(void);
/* Nothing that was counted is alive. */
void hg_counting_forget_live(void);
/* This process, and no copy of it, has settled with its page (dormant.h). */
void hg_counting_settle(void);
bool hg_counting_is_settled(void);
/* Ends counting in a forked child. For this thread it ends at once, even if the kernel wiped nothing. */
void hg_counting_end(void);

#endif
