/*
 * The validated context cache: which call stack is this, without walking it.
 *
 * Walking a stack with its unwind tables costs microseconds; an allocation costs nanoseconds. But a program
 * allocates from few distinct stacks, over and over. So each is walked once, and recognised afterwards.
 *
 * What a walk learns. A walk visits the frames from the allocation call outwards. For each it finds a return
 * address and the stack slot where that address lies. The slots, as distances from the slot of the first
 * return address, are the stack's *shape*; the addresses in them are its *values*.
 *
 * How a stack is recognised. The key is (first return address, distance from there to the thread's stack
 * end). All shapes seen with a key hang together, nearly always one. A shape remembers a few *entries* that
 * matched lately, chosen by the innermost slots; where none of them fits, hashing what stands at all the
 * slots leads to one. An entry holds the values of one stack; if all are equal to the live ones, its context
 * is the answer. Nothing is guessed: every return address of the chain is compared. Verify mode walks the
 * recognised stacks as well, and counts the answers that were wrong.
 *
 * Why equal values mean an equal chain. Where the outer frame begins is a function of the return address
 * alone, given by the unwind tables, as long as the frame has a fixed size. By induction from the innermost
 * frame, each slot that holds the remembered address is the very slot that a walk would look at. A frame of
 * variable size (alloca, or code without optimisation) finds its caller through the frame pointer register
 * instead; the values of that register, where a frame has it point into itself, are *anchors*: they belong to
 * the shape and are compared as well, as distances. So a stale return address left in dead stack cannot pass
 * for a live one.
 *
 * What is never cached: stacks across a signal frame, and stacks outside the thread's known bounds
 * (coroutines, alternate signal stacks), where slots must not be read blindly. Those are walked every time.
 *
 * dlclose may put other code at a known address. It starts a new generation; entries of an older one are
 * walked again before they are believed.
 *
 * Concurrency. Readers take no lock: what is published is never moved or freed, and only an entry's answer
 * and a shape's hints ever change, each in one atomic store. Appending is done under one lock, which is not
 * held while walking.
 */
#ifndef HG_PROBE_CONTEXT_H
#define HG_PROBE_CONTEXT_H

#include "../record/record.h"
#include "walk.h"
#include <stdbool.h>
#include <stdint.h>

/* Reserves the tables' address space and binds them to the record. False when memory is not to be had. */
bool hg_context_start(const hg_record *record);

/*
 * The context of the calling stack; HG_CONTEXT_NONE when the record is full or the process is not the
 * record's owner. stack_begin and stack_end bound the calling thread's stack. scratch is the thread's own.
 * Allocates nothing.
 */
uint32_t hg_context_of(hg_caller caller, uintptr_t stack_begin, uintptr_t stack_end, hg_walk *scratch);

/* Code may have been unmapped. Any thread. */
void hg_context_new_generation(void);

/* Around fork: no other thread holds the lock while the process is copied. */
void hg_context_lock(void);
void hg_context_unlock(void);

#endif
