/*
 * Known stacks: call stacks that were walked once, packed so that comparing one with the live stack touches
 * little memory. context.h explains the idea.
 *
 *   known stack   its context, and for each frame the return address and the slot that holds it
 *   shape         the slots of a stack without the addresses: says which words of the live stack to hash
 *   trunk         a place in a known stack; its frames from there on may complete the walk of another stack
 *   line          what one thread remembers of one key: a cache line that refers to the known stacks it met
 *                 lately
 *
 * All threads share everything but the lines. Shared data lies in the store (known_store.h) and never
 * changes; only the answer of a known stack may.
 */
#ifndef HG_PROBE_KNOWN_CONTEXTS_H
#define HG_PROBE_KNOWN_CONTEXTS_H

#include "probe/known_store.h"
#include "probe/walk.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames are compared in groups of so many; the last group is filled up by repeating the last frame. */
enum { HG_KNOWN_GROUP = 4 };

/* A frame pointer that the stack depends on (context.h); both are distances from the first slot. */
typedef struct hg_known_anchor {
    uint32_t slot, value;
} hg_known_anchor;

typedef struct hg_known_context {
    _Atomic uint64_t answer; /* generation << 32 | context */
    hg_ref shape;
    uint16_t frames, anchors; /* frames from the second on, filled up: at least one group */
    uint64_t address[];       /* [frames]; then a uint32_t slot[frames], then an hg_known_anchor[anchors] */
} hg_known_context;

enum { HG_LINE_STACKS = 8, HG_LINE_HINTS = 5 };

/* What a thread remembers of one key: a hint, never an answer. One cache line. */
typedef struct hg_line {
    _Atomic uintptr_t first_address; /* the key, with slot; 0: the line is free */
    uintptr_t slot;
    hg_ref shape;                 /* the first of the key's shapes */
    uint16_t many;                /* several stacks share the key, and hints choose among them */
    uint16_t hint[HG_LINE_HINTS]; /* slots of the innermost frames, in words */
    hg_ref stack[HG_LINE_STACKS];
} hg_line;
_Static_assert(sizeof(hg_line) == 64, "one cache line");

enum { HG_LINE_BITS = 10, HG_LINES = 1 << HG_LINE_BITS };

HG_QUICK const uint32_t *hg_known_slots(const hg_known_context *known)
{
    return (const uint32_t *)(known->address + known->frames);
}

/* Whether the frame pointers that the stack depends on are those of the live one. */
HG_QUICK bool hg_known_has_anchors(const hg_known_context *known, hg_caller caller)
{
    const hg_known_anchor *anchor = (const hg_known_anchor *)(hg_known_slots(known) + known->frames);
    for (const hg_known_anchor *end = anchor + known->anchors; anchor < end; anchor++) {
        uintptr_t live = anchor->slot == HG_SLOT_ENTRY_REGISTER
                             ? hg_caller_frame_pointer(caller)
                             : *(const uintptr_t *)(caller.slot + anchor->slot);
        if (live - caller.slot != anchor->value)
            return false;
    }
    return true;
}

/*
 * Whether the live stack is this one. The first return address and the distance to the stack's end are equal.
 */
HG_QUICK bool hg_known_is(const hg_known_context *known, hg_caller caller)
{
    const uint64_t *address = known->address;
    const uint32_t *slot = hg_known_slots(known);
    const uint64_t *end = (const uint64_t *)slot;
    do {
#pragma GCC unroll 4
        for (uint32_t i = 0; i < HG_KNOWN_GROUP; i++)
            if (__builtin_expect(hg_return_address(*(const uintptr_t *)(caller.slot + slot[i])) != address[i],
                                 false))
                return false;
        address += HG_KNOWN_GROUP;
        slot += HG_KNOWN_GROUP;
    } while (address < end);
    return __builtin_expect(known->anchors == 0, true) || hg_known_has_anchors(known, caller);
}

/* Stacks of one key differ where they branched last, most of the time. */
HG_QUICK uint32_t hg_line_hint(const hg_line *line, hg_caller caller)
{
    uintptr_t sum = 0;
    for (uint32_t i = 0; i < HG_LINE_HINTS; i++)
        sum = sum * 3 + *(const uintptr_t *)(caller.slot + line->hint[i] * sizeof(uintptr_t));
    return (uint32_t)(sum * 0x9e3779b97f4a7c15u >> 61);
}

/* Slots are aligned to words, call sites rarely closer than two: the low bits differ as much as any. */
HG_QUICK hg_line *hg_line_of(hg_line *lines, uintptr_t first_address, uintptr_t slot)
{
    return &lines[(first_address ^ slot >> 3) & (HG_LINES - 1)];
}

HG_QUICK bool hg_line_is(const hg_line *line, uintptr_t first_address, uintptr_t slot)
{
    return __builtin_expect(atomic_load_explicit(&line->first_address, memory_order_relaxed) ==
                                    first_address &&
                                line->slot == slot,
                            true);
}

/*
 * The context of the live stack, from the thread's lines alone; false when they do not lead to it. The slot
 * of a line that is taken lies in the thread's stack, and so does all that its stacks compare.
 */
HG_QUICK bool hg_known_recall(hg_line *lines, hg_caller caller, uint32_t *ret_context)
{
    uintptr_t first_address = hg_caller_key(caller);
    const hg_line *line = hg_line_of(lines, first_address, caller.slot);
    if (!hg_line_is(line, first_address, caller.slot))
        return false;
    hg_ref stack = line->stack[0];
    if (__builtin_expect(line->many, false))
        stack = line->stack[hg_line_hint(line, caller)];
    const hg_known_context *known = hg_known_at(stack);
    if (__builtin_expect(!hg_known_is(known, caller), false))
        return false;
    *ret_context = (uint32_t)atomic_load_explicit(&known->answer, memory_order_relaxed);
    return true;
}

/* Makes the first part. False when memory is not to be had. */
bool hg_known_start(void);

/*
 * The context of the live stack, from all known stacks; HG_CONTEXT_NONE if it is not among them, or was
 * walked before other code was loaded (generation). Sets the thread's line, so that the next time is quick.
 * Takes no lock.
 */
uint32_t hg_known_find(hg_line *lines, hg_caller caller, uintptr_t distance, uint64_t generation);

/*
 * Ends a walk early: if a known stack has the same outer frames from the last visited frame on, adds them to
 * the walk. Most new stacks differ from a known one in few inner frames, and unwinding is what costs time.
 * The frames are the same by the induction of context.h, started at that frame; so only known stacks without
 * anchors, of the code that is loaded (generation), lend their frames. The walk is repeatable and has no
 * anchors so far. Reads nothing at or beyond stack_end. Takes no lock.
 */
bool hg_known_finish(hg_walk *walk, hg_caller caller, uintptr_t stack_end, uint64_t generation);

/*
 * Makes the walked stack known, or gives it a new answer. The walk is repeatable, and the caller holds the
 * lock of contexts. If there is no room, the stack stays unknown and is walked each time.
 */
void hg_known_add(const hg_walk *walk, hg_caller caller, uintptr_t distance, uint64_t answer);

#endif
