/*
 * The validated context cache: it tells which call stack this is, without walking it.
 *
 * Walking a stack with its unwind tables takes microseconds; an allocation takes nanoseconds. But a program
 * allocates from few distinct stacks, over and over. So the probe walks each stack once and recognises it
 * afterwards.
 *
 * What a walk learns. A walk visits the frames from the allocation call outwards. For each frame it finds a
 * return address and the stack slot that holds it. The slots, as distances from the slot of the first return
 * address, are the stack's *shape*.
 *
 * How a stack is recognised. The key is (first return address, distance from there to the end of the thread's
 * stack). Each thread has a table of its own, in which a key leads to a *line*: one cache line that refers to
 * the *known stacks* met lately. While there is only one such stack, the line leads to it; once there are
 * several, the values in the innermost slots choose among them. If the line leads to a wrong stack, the probe
 * hashes the values at all slots of the shape and looks the hash up in tables that all threads share. A known
 * stack holds every return address of the chain and the slot of each; if all of them equal those of the live
 * stack, its context is the answer. Nothing is guessed: lines and hashes only say where to look
 * (known_contexts.h).
 *
 * Why equal values mean an equal chain. As long as a frame has a fixed size, the place where the outer frame
 * begins depends on the return address alone, by the unwind tables. By induction from the innermost frame,
 * each slot that holds the remembered address is the very slot that a walk would look at. A frame of variable
 * size (alloca, or code without optimisation) finds its caller through the frame pointer register instead.
 * Where that register points into the frame itself, its value is an *anchor*: it belongs to the stack and is
 * compared as well, as a distance. So a stale return address left in dead stack cannot pass for a live one.
 *
 * What could make it wrong, and why that is not silent.
 *   - Wrong unwind tables (hand-written assembly, code made at run time) mislead a walk as much as they
 *     mislead a recognition.
 *   - A frame of variable size that keeps its base in a register other than the frame pointer would escape
 *     the anchors; no compiler for x86-64 makes such code. A frame that realigns its stack may store the end
 *     of its caller in a word that it finds by the frame pointer; that word is an anchor too.
 *   - Code that is replaced in place without dlclose (a just-in-time compiler) changes what an address means.
 *     Such frames have no unwind tables. They are passed by their frame pointers (without_tables.h), which
 *     are anchors, so the chain is right whatever the code is; only its name may be that of other code.
 * Verify mode (`heapgate run --verify`) also walks the stacks that were recognised and counts the answers
 * that differ. The tests use it on every storm and on real programs, and a single difference fails the cell.
 *
 * More stacks than the record holds. A parser that recurses has as many stacks as its input has shapes. Once
 * the record is three quarters full, stacks that are new are cut to their innermost eight frames, later to
 * four, two and one: all stacks with these frames have one context, which is marked as cut, and are
 * recognised by these frames, by the same induction. A stack that has a context of its own keeps it, and else
 * the context of its longest inner part, so each stack is counted in one place. Only a program that has
 * thousands of call sites as well can fill the record.
 *
 * Lines of scripts. Python's functions share the C stack of its interpreter. Where a stack passes through it,
 * the lines that the thread is in are looked at as well, after the stack, and have a context together with it
 * (lines.h). The quick way is not taken in such a process.
 *
 * What is never cached: stacks across a signal frame, and stacks outside the thread's known bounds
 * (coroutines, alternate signal stacks), where slots must not be read blindly. The probe walks those every
 * time.
 *
 * Unloading. dlclose and iconv_close may free an address range for other code. If they unloaded something, a
 * new generation starts: the lines are emptied, answers of an older generation are not believed, and their
 * stacks are walked again. A thread that sets a line meanwhile does so for a live stack, and none of the code
 * of a live stack can be what is unloaded. Two cases are not seen: a converter that the C library unloads in
 * fclose of a stream opened with ",ccs=", or in freelocale, until the next dlclose or iconv_close; and the
 * moment between the unloading and its return from dlclose, if another thread loads and runs a library in it.
 * Then new code may be named as the code that was there before. Verify mode counts both as mistakes.
 *
 * Concurrency. Readers take no lock: what is published is never moved or freed, and only the answer of a
 * known stack ever changes, in one atomic store. Writers append under the lock of contexts (locks.h), which
 * they do not hold while walking.
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

/* Whether a context is all that there is to ask: stacks are recorded, not verified, and have no lines. */
extern _Atomic bool hg_context_quick;
/* Where stacks are not recorded: the one context of all blocks; else HG_CONTEXT_NONE. */
extern uint32_t hg_context_without_path;

/*
 * The context of the calling stack; HG_CONTEXT_NONE when the record is full. Without a thread of its own
 * (NULL), the stack is walked. Allocates nothing.
 */
HG_SLOW uint32_t hg_context_find(hg_thread *thread, hg_caller caller);

/*
 * The same for a stack that is known, though not to the thread's lines; HG_CONTEXT_NONE if it is not known.
 */
uint32_t hg_context_known(hg_thread *thread, hg_caller caller);

/* The same for a stack that maps memory. */
uint32_t hg_context_find_mapping(hg_thread *thread, hg_caller caller);

/*
 * The context of the descriptors that the stack opens; HG_CONTEXT_NONE also if stacks are not recorded, or in
 * a vforked child of the record's owner.
 */
uint32_t hg_context_find_descriptor(hg_thread *thread, hg_caller caller);

/* A forked child counts into a record of its own. No other thread runs. */
void hg_context_reset(const hg_record *record);

/*
 * Whether the context of a stack is all that there is to ask, as long as a line leads to the stack: it is not
 * verified, and in no lines of scripts.
 */
bool hg_context_is_final(uint32_t context);

/* Code may have been unmapped. Any thread. */
void hg_context_new_generation(void);

#endif
