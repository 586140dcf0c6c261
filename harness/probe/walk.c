#include "probe/walk.h"

#include "probe/modules.h"
#include "probe/without_tables.h"
#include "record/assert.h"
#include <unwind.h>

enum { FRAME_POINTER = 6 }; /* the DWARF number of rbp, System V ABI for x86-64, figure 3.36 */

typedef struct stack_frame {
    uintptr_t sp; /* in the frame, after its call returned */
    uintptr_t frame_pointer;
    bool signal; /* entered by a signal, not by a call */
} stack_frame;

typedef struct walk_state {
    hg_caller caller;
    uintptr_t stack_end;
    hg_walk_finish *finish;
    uint64_t user_data;
    hg_walk *walk;
    stack_frame inner; /* the frame visited before */
    bool started;      /* the probe's own frames are behind us */
    bool ended;        /* the outermost frame says that it is the outermost */
    /* The walk up to the first frame that was passed by its frame pointer; depth 0: there is none. */
    uint32_t sure_depth, sure_anchors;
    bool sure_repeatable;
} walk_state;

static void add_anchor(hg_walk *walk, uint32_t slot, uintptr_t value)
{
    for (uint32_t i = 0; i < walk->anchors; i++)
        if (walk->anchor_slot[i] == slot)
            return;
    if (walk->anchors == HG_MAX_DEPTH || value > UINT32_MAX) {
        walk->repeatable = false;
        return;
    }
    walk->anchor_slot[walk->anchors] = slot;
    walk->anchor[walk->anchors++] = value;
}

/*
 * A frame whose frame pointer register points into the frame itself may find its caller by that register, as
 * code with alloca or without optimisation does. The register's value then belongs to what must be equal. It
 * is saved somewhere below the frame, or is still in the register; every word below that holds the value is
 * made an anchor, so that the one that matters is among them. A frame that aligns itself more strictly than
 * its caller, and has variable size too, keeps where its caller ends in a word below the frame pointer
 * instead: whatever holds that is made an anchor as well.
 */
static void note_anchors(const walk_state *state, uintptr_t outer_sp)
{
    const stack_frame *frame = &state->inner;
    hg_caller caller = state->caller;
    if (frame->frame_pointer < frame->sp || frame->frame_pointer > outer_sp)
        return;
    uintptr_t value = frame->frame_pointer - caller.slot;
    if (frame->frame_pointer == caller.frame_pointer)
        add_anchor(state->walk, HG_SLOT_ENTRY_REGISTER, value);
    for (uintptr_t at = caller.slot; at < frame->sp; at += sizeof(uintptr_t))
        if (*(const uintptr_t *)at == frame->frame_pointer)
            add_anchor(state->walk, (uint32_t)(at - caller.slot), value);
    for (uintptr_t at = frame->sp; at < frame->frame_pointer; at += sizeof(uintptr_t))
        if (*(const uintptr_t *)at == outer_sp)
            add_anchor(state->walk, (uint32_t)(at - caller.slot), outer_sp - caller.slot);
}

/*
 * Whether the frame, whose code has no unwind tables, can be passed (without_tables.h): its frame pointer
 * register must point to where code that keeps one saves its caller's, above all that the frame has on a
 * stack whose bounds are known. Code that leaves the register alone has that of a frame further out in it;
 * then the return addresses of those that would be left out lie between.
 */
static bool can_pass(const walk_state *state, const stack_frame *frame)
{
    if (state->stack_end == UINTPTR_MAX || frame->signal || frame->frame_pointer % sizeof(uintptr_t) != 0 ||
        frame->frame_pointer < frame->sp || frame->frame_pointer >= state->stack_end ||
        state->stack_end - frame->frame_pointer < 2 * sizeof(uintptr_t))
        return false;
    for (uintptr_t at = frame->sp; at < frame->frame_pointer; at += sizeof(uintptr_t))
        if (hg_modules_follows_call(*(const uintptr_t *)at))
            return false;
    return true;
}

static _Unwind_Reason_Code pass(walk_state *state, const stack_frame *frame)
{
    if (state->sure_depth == 0) {
        state->sure_depth = state->walk->depth;
        state->sure_anchors = state->walk->anchors;
        state->sure_repeatable = state->walk->repeatable;
    }
    return can_pass(state, frame) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *user_data)
{
    walk_state *state = user_data;
    hg_walk *walk = state->walk;
    int before_instruction = 0;
    uintptr_t address = _Unwind_GetIPInfo(context, &before_instruction);
    stack_frame frame = {
        .sp = _Unwind_GetCFA(context),
        .frame_pointer = _Unwind_GetGR(context, FRAME_POINTER),
        .signal = before_instruction != 0,
    };
    if (!state->started) {
        /* The probe's own frames lie below the slot of the return address. */
        state->started = frame.sp > state->caller.slot;
        state->inner = frame;
        return state->started && _Unwind_GetRegionStart(context) == HG_WITHOUT_TABLES ? pass(state, &frame)
                                                                                      : _URC_NO_REASON;
    }
    if (address == 0) {
        state->ended = true;
        return _URC_END_OF_STACK;
    }
    if (walk->depth == HG_MAX_DEPTH || frame.sp <= state->inner.sp || frame.sp > state->stack_end)
        return _URC_END_OF_STACK;
    /* The ABI keeps the return address right below the caller's stack pointer, signal frames apart. */
    uintptr_t slot = frame.sp - sizeof(uintptr_t);
    if (state->inner.signal || frame.signal || *(const uintptr_t *)slot != address ||
        slot - state->caller.slot > UINT32_MAX)
        walk->repeatable = false;
    /* On a stack of unknown extent, or beyond a signal frame, the words in between may not be readable. */
    if (walk->repeatable)
        note_anchors(state, frame.sp);
    walk->slot[walk->depth] = (uint32_t)(slot - state->caller.slot);
    walk->anchors_by[walk->depth] = (uint16_t)walk->anchors;
    /* Names are looked up a byte back, since a call may end its line; what a signal interrupts is no call. */
    walk->address[walk->depth++] = frame.signal ? address + 1 : address;
    state->inner = frame;
    if (_Unwind_GetRegionStart(context) == HG_WITHOUT_TABLES)
        return pass(state, &frame);
    if (state->finish && walk->repeatable && walk->anchors == 0 &&
        state->finish(walk, state->caller, state->stack_end, state->user_data)) {
        state->ended = true;
        return _URC_END_OF_STACK;
    }
    return _URC_NO_REASON;
}

/*
 * The dynamic linker's _start has no unwind information. It is the outermost frame of constructors, and calls
 * them from the very end of the main thread's stack, but for alignment: no other frame fits beyond.
 */
static bool is_at_the_end(const walk_state *state)
{
    enum { ALIGNMENT = 2 * sizeof(uintptr_t) };
    const hg_walk *walk = state->walk;
    uintptr_t last = state->caller.slot + walk->slot[walk->depth - 1] + sizeof(uintptr_t);
    return walk->depth < HG_MAX_DEPTH && last <= state->stack_end && state->stack_end - last < ALIGNMENT;
}

/* A chain of frame pointers that did not lead to the end of the stack may have led anywhere. */
static void take_back(const walk_state *state)
{
    hg_walk *walk = state->walk;
    walk->depth = state->sure_depth;
    walk->anchors = state->sure_anchors;
    walk->repeatable = state->sure_repeatable;
}

void hg_walk_stack(hg_caller caller, uintptr_t stack_end, hg_walk_finish *finish, uint64_t user_data,
                   hg_walk *walk)
{
    HG_PROBE_ASSERT(caller.slot % sizeof(uintptr_t) == 0 && caller.slot < stack_end);
    walk->depth = 1;
    walk->anchors = 0;
    walk->repeatable = stack_end != UINTPTR_MAX;
    walk->address[0] = *(const uintptr_t *)caller.slot;
    walk->slot[0] = 0;
    walk->anchors_by[0] = 0;
    walk->inner = false;
    walk_state state = {
        .caller = caller, .stack_end = stack_end, .finish = finish, .user_data = user_data, .walk = walk};
    _Unwind_Backtrace(visit, &state);
    walk->cut = !state.ended && !is_at_the_end(&state);
    if (walk->cut && state.sure_depth > 0 && walk->depth < HG_MAX_DEPTH)
        take_back(&state);
}

void hg_walk_keep_inner(hg_walk *walk, uint32_t frames)
{
    HG_PROBE_ASSERT(frames > 0 && frames < walk->depth);
    walk->depth = frames;
    walk->anchors = walk->anchors_by[frames - 1];
    walk->cut = walk->inner = true;
}
