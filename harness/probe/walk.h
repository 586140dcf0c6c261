/*
 * Walking a stack the slow, exact way, and noting how to recognise it again.
 *
 * The walker is libgcc's, linked statically and hidden. It follows the unwind tables, finds them without a
 * lock (_dl_find_object) and allocates nothing. It does not replace the program's own exception handling, as
 * a preloaded libunwind with its exported _Unwind_* functions would.
 */
#ifndef HG_PROBE_WALK_H
#define HG_PROBE_WALK_H

#include "probe/machine.h"
#include "record/record.h"
#include <stdbool.h>
#include <stdint.h>

/* The common case of malloc and free is straight code; everything else is kept out of its way. */
#define HG_SLOW  __attribute__((noinline, cold))
#define HG_QUICK static inline __attribute__((always_inline))

/*
 * Where an exported allocation function was called: the stack slot of its return address, and the frame
 * pointer register of its caller. On arm64 the latter is saved right below the slot; how far the slot is from
 * where the caller's frame begins depends on the function.
 */
typedef struct hg_caller {
    uintptr_t slot;
#if defined(__x86_64__)
    uintptr_t frame_pointer;
#else
    uintptr_t stack_pointer;
#endif
} hg_caller;

/* The address where the caller goes on. */
HG_QUICK uintptr_t hg_caller_address(hg_caller caller)
{
    return hg_return_address(*(const uintptr_t *)caller.slot);
}

/* The same, and on arm64 the distance from the slot to the caller's frame, in the bits that are free. */
HG_QUICK uintptr_t hg_caller_key(hg_caller caller)
{
#if defined(__x86_64__)
    return hg_caller_address(caller);
#else
    return hg_caller_address(caller) | (caller.stack_pointer - caller.slot) << 48;
#endif
}

HG_QUICK uintptr_t hg_caller_frame_pointer(hg_caller caller)
{
#if defined(__x86_64__)
    return caller.frame_pointer;
#else
    return ((const uintptr_t *)caller.slot)[-1];
#endif
}

/* A slot offset that means hg_caller_frame_pointer, not memory. */
#define HG_SLOT_ENTRY_REGISTER UINT32_MAX

typedef struct hg_walk {
    uint32_t depth;                    /* frames, innermost first */
    bool cut;                          /* outer frames are missing: too deep, or no unwind information */
    bool inner;                        /* they are left out on purpose, see hg_walk_keep_inner */
    bool repeatable;                   /* the slots below recognise this stack; false across a signal frame */
    uint32_t anchors;                  /* frame pointers that the walk depends on, see context.h */
    uintptr_t address[HG_MAX_DEPTH];   /* return addresses */
    uint32_t slot[HG_MAX_DEPTH];       /* where each lies: bytes above caller.slot */
    uint16_t anchors_by[HG_MAX_DEPTH]; /* anchors that the walk up to this frame depends on */
    uint32_t anchor_slot[HG_MAX_DEPTH];
    uintptr_t anchor[HG_MAX_DEPTH]; /* the value there, relative to caller.slot */
} hg_walk;

/* Ends a walk early: true if it added all outer frames. */
typedef bool hg_walk_finish(hg_walk *walk, hg_caller caller, uintptr_t stack_end, uint64_t user_data);

/*
 * Walks the calling thread's stack from the caller outwards, up to stack_end. If that is unknown, it is
 * UINTPTR_MAX, and the walk is not repeatable. finish may be NULL; otherwise it is called at every frame of a
 * walk that is repeatable and has no anchors so far. The walk has at least one frame. Any thread; allocates
 * nothing; takes no lock.
 */
void hg_walk_stack(hg_caller caller, uintptr_t stack_end, hg_walk_finish *finish, uint64_t user_data,
                   hg_walk *walk);

/* Leaves the innermost frames of the walk, fewer than it has. */
void hg_walk_keep_inner(hg_walk *walk, uint32_t frames);

#endif
