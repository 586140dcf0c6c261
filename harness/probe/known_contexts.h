/*
 * Known stacks: call stacks that were walked once, packed so that comparing one with the live stack touches
 * little memory. context.h explains the idea.
 *
 *   known stack   its context, and its frames, in groups
 *   group         four frames that follow each other: for each the return address and the slot that holds it.
 *                 Stacks share the groups that they have in common
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

enum { HG_KNOWN_GROUP = 4 };

/*
 * Slots count from where the group before ended, so that stacks that differ inside may share what is outside.
 * The last group of a stack is filled up by repeating its last frame. Two of them never share a cache line.
 */
typedef struct hg_known_group {
    uint64_t address[HG_KNOWN_GROUP];
    uint32_t slot[HG_KNOWN_GROUP];
    uint32_t bytes; /* to where the next group counts from: the last slot */
    uint32_t zero;  /* groups are compared as a whole */
} hg_known_group;

/* A frame pointer that the stack depends on (context.h); both are distances from the first slot. */
typedef struct hg_known_anchor {
    uint32_t slot, value;
} hg_known_anchor;

/* In one cache line, if it has up to 21 frames and no anchors. */
typedef struct hg_known_context {
    _Atomic uint64_t answer; /* generation << 32 | context */
    _Atomic hg_ref next;     /* a known stack that came after this one; a hint */
    hg_ref shape;
    uint16_t groups, anchors;      /* groups of the frames from the second on: at least one */
    const hg_known_group *group[]; /* [groups], innermost first; then an hg_known_anchor[anchors] */
} hg_known_context;

enum { HG_LINE_STACKS = 8, HG_LINE_HINTS = 5 };

/* Of a line that must not be used without more questions: no round has this number. */
#define HG_LINE_SLOWLY UINT32_MAX

/*
 * What a thread remembers of one key: which stacks to compare with, never an answer. One cache line. While
 * the key has one stack, the line also has what its next block needs in this round. Only the thread itself
 * changes its lines, and none of its signal handlers: the stack of a handler is never known.
 */
typedef struct hg_line {
    uintptr_t first_address; /* the key, with slot; 0: the line is free. Other threads may only clear it */
    uint32_t slot;           /* its lower half, which is enough within one stack */
    uint32_t epoch;          /* that tally and tag are of, or HG_LINE_SLOWLY */
    hg_ref shape;            /* the first of the key's shapes */
    uint16_t many;           /* several stacks share the key, and hints choose among them */
    uint16_t hint[HG_LINE_HINTS]; /* slots of the innermost frames, in words */
    union {
        struct {
            const hg_known_context *stack;
            hg_record_tally *tally;
            uint64_t tag;             /* hg_tag_base */
        } only;                       /* not many */
        hg_ref stack[HG_LINE_STACKS]; /* many */
    };
} hg_line;
_Static_assert(sizeof(hg_line) == 64, "one cache line");

enum { HG_LINE_BITS = 10, HG_LINES = 1 << HG_LINE_BITS };

/* Whether the frame pointers that the stack depends on are those of the live one. */
HG_QUICK bool hg_known_has_anchors(const hg_known_context *known, hg_caller caller)
{
    const hg_known_anchor *anchor = (const hg_known_anchor *)(known->group + known->groups);
    for (const hg_known_anchor *end = anchor + known->anchors; anchor < end; anchor++) {
        uintptr_t live = anchor->slot == HG_SLOT_ENTRY_REGISTER
                             ? hg_caller_frame_pointer(caller)
                             : *(const uintptr_t *)(caller.slot + anchor->slot);
        if (live - caller.slot != anchor->value)
            return false;
    }
    return true;
}

/* Whether the live stack has these frames there. */
HG_QUICK bool hg_known_has_group(const hg_known_group *group, uintptr_t place)
{
#pragma GCC unroll 4
    for (uint32_t i = 0; i < HG_KNOWN_GROUP; i++)
        if (__builtin_expect(
                hg_return_address(*(const uintptr_t *)(place + group->slot[i])) != group->address[i], false))
            return false;
    return true;
}

/* Whether a stack that has the first group has all of the known stack. */
HG_QUICK bool hg_known_has_rest(const hg_known_context *known, hg_caller caller)
{
    uintptr_t place = caller.slot;
    const hg_known_group *const *next = known->group;
    const hg_known_group *const *end = next + known->groups;
    while (place += (*next)->bytes, ++next < end)
        if (!hg_known_has_group(*next, place))
            return false;
    return __builtin_expect(known->anchors == 0, true) || hg_known_has_anchors(known, caller);
}

/*
 * Whether the live stack is this one. The first return address and the distance to the stack's end are equal.
 */
HG_QUICK bool hg_known_is(const hg_known_context *known, hg_caller caller)
{
    return hg_known_has_group(known->group[0], caller.slot) && hg_known_has_rest(known, caller);
}

/* Whether there is nothing more to compare than the first group. */
HG_QUICK bool hg_known_is_short(const hg_known_context *known)
{
    uint32_t both;
    _Static_assert(sizeof both == sizeof known->groups + sizeof known->anchors, "two numbers at once");
    __builtin_memcpy(&both, &known->groups, sizeof both);
    return both == 1 << (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 16);
}

/* Stacks of one key differ where they branched last, most of the time. */
HG_QUICK uint32_t hg_line_hint(const hg_line *line, hg_caller caller)
{
    uintptr_t sum = 0;
#pragma GCC unroll 5
    for (uint32_t i = 0; i < HG_LINE_HINTS; i++)
        sum = sum * 3 + *(const uintptr_t *)(caller.slot + line->hint[i] * sizeof(uintptr_t));
    return (uint32_t)(sum * 0x9e3779b97f4a7c15u >> 61);
}

/* Slots are aligned to words, call sites rarely closer than two: the low bits differ as much as any. */
HG_QUICK hg_line *hg_line_of(hg_line *lines, uintptr_t first_address, uintptr_t slot)
{
    const uintptr_t bytes = (HG_LINES - 1) * sizeof(hg_line);
    return (hg_line *)((char *)lines + ((first_address * 8 + slot) * (sizeof(hg_line) / 8) & bytes));
}

HG_QUICK bool hg_line_is(const hg_line *line, uintptr_t first_address, uintptr_t slot)
{
    return __builtin_expect(line->first_address == first_address && line->slot == (uint32_t)slot, true);
}

/* The known stack that the line leads to; it may be another than the live one. */
HG_QUICK const hg_known_context *hg_line_stack(const hg_line *line, hg_caller caller)
{
    return line->many ? hg_known_at(line->stack[hg_line_hint(line, caller)]) : line->only.stack;
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
    const hg_known_context *known = hg_line_stack(line, caller);
    if (__builtin_expect(!hg_known_is(known, caller), false))
        return false;
    *ret_context = (uint32_t)atomic_load_explicit(&known->answer, memory_order_relaxed);
    return true;
}

/* Makes the first part. False when memory is not to be had. */
bool hg_known_start(void);

/* Where a thread's search for known stacks is. */
typedef struct hg_known_trail {
    hg_ref last;     /* that was found */
    uint32_t found;  /* how many were */
    uint32_t astray; /* of the last ones, those that another stack was expected for; 0 after a right guess */
} hg_known_trail;

/*
 * The context of the live stack, from all known stacks; HG_CONTEXT_NONE if it is not among them, or was
 * walked before other code was loaded (generation). Sets the thread's line, so that the next time is quick.
 * Takes no lock.
 *
 * The table of all stacks does not fit into a processor's cache where there are many of them. But programs
 * repeat themselves: so the stack that came after the last one before is compared first, as long as that is
 * of use.
 */
uint32_t hg_known_find(hg_line *lines, hg_known_trail *trail, hg_caller caller, uintptr_t distance,
                       uint64_t generation);

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
