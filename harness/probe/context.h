/*
 * The validated context cache: which call stack is this, without walking it.
 *
 * Walking a stack with its unwind tables costs microseconds; an allocation costs nanoseconds. But a program
 * allocates from few distinct stacks, over and over. So each is walked once, and recognised afterwards.
 *
 * What a walk learns. A walk visits the frames from the allocation call outwards. For each it finds a return
 * address and the stack slot where that address lies. The slots, as distances from the slot of the first
 * return address, are the stack's *shape*.
 *
 * How a stack is recognised. The key is (first return address, distance from there to the thread's stack
 * end). In a thread of its own a key leads to a *line*, one cache line that refers to the *known stacks* met
 * lately: the first such, or, once there are several, the one that the innermost slots choose. Where that is
 * not it, hashing what stands at all the slots of the shape leads to it, by tables that all threads share. A
 * known stack holds every return address of the chain and where it lies; if all are equal to the live ones,
 * its context is the answer. Nothing is guessed: lines and hashes only say where to look (known.h).
 *
 * Why equal values mean an equal chain. Where the outer frame begins is a function of the return address
 * alone, given by the unwind tables, as long as the frame has a fixed size. By induction from the innermost
 * frame, each slot that holds the remembered address is the very slot that a walk would look at. A frame of
 * variable size (alloca, or code without optimisation) finds its caller through the frame pointer register
 * instead; the values of that register, where a frame has it point into itself, are *anchors*: they belong to
 * the stack and are compared as well, as distances. So a stale return address left in dead stack cannot pass
 * for a live one.
 *
 * What could make it wrong, and why that is not silent. Unwind tables that lie (hand-written assembly, code
 * made at run time) mislead a walk as much as they mislead a recognition. A frame of variable size that keeps
 * its base in another register than the frame pointer would escape the anchors; no compiler for x86-64 does
 * so. (One that realigns its stack may keep where its caller ends in a word of its frame, found by the frame
 * pointer; that word is an anchor.)
 * Code replaced in place at one address, without dlclose (a just-in-time compiler), changes what an address
 * means; such frames have no unwind tables, and the walk ends there. Verify mode walks the recognised stacks
 * as well and counts the answers that differ: `heapgate run --verify`. It is part of the tests, over every
 * storm and over real programs, and a single difference fails the cell.
 *
 * What is never cached: stacks across a signal frame, and stacks outside the thread's known bounds
 * (coroutines, alternate signal stacks), where slots must not be read blindly. Those are walked every time.
 *
 * dlclose may put other code at a known address, and so may iconv_close. Where code was indeed unloaded, that
 * starts a new generation: no line leads anywhere then, answers of an older one are not believed, and their
 * stacks are walked again. A thread that sets a line meanwhile does so for a stack that is live, none of
 * whose code can be what is unloaded. What this does not see: a converter that the C library unloads in
 * fclose of a stream opened with ",ccs=", or in freelocale; the next dlclose or iconv_close makes up for it.
 * Until then a converter loaded to the same place may be named as the one before. Nor does it see the moment
 * between the unloading and its return from dlclose, if another thread loads and runs a library in it. Verify
 * mode counts both as mistakes.
 *
 * Concurrency. Readers take no lock: what is published is never moved or freed, and only a known stack's
 * answer ever changes, in one atomic store. Appending is done under one lock, which is not held while
 * walking.
 */
#ifndef HG_PROBE_CONTEXT_H
#define HG_PROBE_CONTEXT_H

#include "probe/known_contexts.h"
#include "probe/thread.h"
#include "probe/walk.h"
#include "record/record.h"
#include <stdbool.h>
#include <stdint.h>

/* Reserves the tables' address space and binds them to the record. False when memory is not to be had. */
bool hg_context_start(const hg_record *record);

/* Whether the quick way below may be taken: stacks are wanted, and not to be verified. */
extern bool hg_context_quick;
/* Where it may not: the one context of all blocks, or HG_CONTEXT_NONE. */
extern uint32_t hg_context_without_path;

/*
 * The context of the calling stack; HG_CONTEXT_NONE when the record is full or the process is not the
 * record's owner. Without a thread of its own (NULL), the stack is walked. Allocates nothing.
 */
HG_SLOW uint32_t hg_context_find(hg_thread *thread, hg_caller caller);

/* The same where the stack is known, though not to the thread's lines; HG_CONTEXT_NONE where it is not. */
uint32_t hg_context_known(hg_thread *thread, hg_caller caller);

/* The same, of a stack that maps memory. */
uint32_t hg_context_find_mapping(hg_thread *thread, hg_caller caller);

/* A forked child counts into a record of its own. No other thread runs. */
void hg_context_reset(const hg_record *record);

/* The same where the thread's own lines lead to it, which most calls do; false where they do not. */
HG_QUICK bool hg_context_quickly(hg_thread *thread, hg_caller caller, uint32_t *ret_context)
{
    if (__builtin_expect(hg_context_quick, true))
        return hg_known_recall(thread->lines, caller, ret_context);
    *ret_context = hg_context_without_path;
    return *ret_context != HG_CONTEXT_NONE;
}

/* Code may have been unmapped. Any thread. */
void hg_context_new_generation(void);

/* Around fork: no other thread holds the lock while the process is copied. */
void hg_context_lock(void);
void hg_context_unlock(void);

#endif
