#include "probe/walk.h"

#include "probe/modules.h"
#include "probe/without_tables.h"
#include "record/assert.h"
#include <unwind.h>

#if defined(__aarch64__)
uintptr_t hg_address_bits = ((uintptr_t)1 << 48) - 1;
#endif

typedef struct stack_frame {
    uintptr_t sp; /* in the frame, after its call returned */
    uintptr_t frame_pointer;
    uintptr_t frame_pointer_at, address_at; /* where they are saved; only arm64 needs to ask */
    bool signal;                            /* entered by a signal, not by a call */
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

/*
 * Where the frames inside of this one saved the register: the first member of libgcc's context, since it has
 * one, is an array of such places. Whoever reads there asks first whether it can be so.
 */
static uintptr_t saved_at(const struct _Unwind_Context *context, int number)
{
    return ((const uintptr_t *)(const void *)context)[number];
}

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

#if defined(__x86_64__)
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

/* Where the return address into a frame lies: right below the caller's stack pointer, signal frames apart. */
static uintptr_t slot_of(const stack_frame *frame, const stack_frame *inner)
{
    (void)inner;
    return frame->sp - sizeof(uintptr_t);
}
#else
/*
 * The walker says where the register is saved. Almost all code of arm64 has a frame pointer, and keeps the
 * frame it points to at its bottom; there it says no more than the stack pointer does, which the addresses
 * tell, but for code whose frame is of variable size.
 */
static void note_anchors(const walk_state *state, uintptr_t outer_sp)
{
    const stack_frame *frame = &state->inner;
    hg_caller caller = state->caller;
    uintptr_t at = frame->frame_pointer_at;
    if (frame->frame_pointer < frame->sp || frame->frame_pointer > outer_sp)
        return;
    uint32_t slot = HG_SLOT_ENTRY_REGISTER;
    bool found = frame->frame_pointer == hg_caller_frame_pointer(caller);
    if (at >= caller.slot) {
        slot = (uint32_t)(at - caller.slot);
        found = at % sizeof at == 0 && at < frame->sp && *(const uintptr_t *)at == frame->frame_pointer;
    }
    if (found)
        add_anchor(state->walk, slot, frame->frame_pointer - caller.slot);
    else
        state->walk->repeatable = false;
}

/* Where the return address into a frame lies: somewhere in the frame inside of it, or 0 if nobody says. */
static uintptr_t slot_of(const stack_frame *frame, const stack_frame *inner)
{
    uintptr_t slot = frame->address_at;
    return slot % sizeof slot == 0 && slot >= inner->sp && slot < frame->sp ? slot : 0;
}
#endif

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
        if (hg_modules_follows_call(hg_return_address(*(const uintptr_t *)at)))
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
        .frame_pointer = _Unwind_GetGR(context, HG_FRAME_POINTER),
        .frame_pointer_at = saved_at(context, HG_FRAME_POINTER),
        .address_at = saved_at(context, HG_RETURN_ADDRESS),
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
    uintptr_t slot = slot_of(&frame, &state->inner);
    if (slot == 0 || state->inner.signal || frame.signal ||
        hg_return_address(*(const uintptr_t *)slot) != address || slot - state->caller.slot > UINT32_MAX)
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
    uintptr_t last = state->inner.sp;
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
    walk->address[0] = hg_caller_address(caller);
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
