/*
 * The usual way of malloc: straight code, which the exported functions include, and in which each instruction
 * was counted (./dev bench instructions).
 *
 * It is for a thread that has a line (known_contexts.h) of the caller's, with one known stack, that was used
 * in this round before; for the C library's allocator, as its headers say the size of a block without a call;
 * and for small blocks. Whatever else a call is goes on in one of the functions below. They are called last,
 * so that few registers have to be kept.
 */
#ifndef HG_PROBE_QUICKLY_H
#define HG_PROBE_QUICKLY_H

#include "probe/aside.h"
#include "probe/context.h"
#include "probe/counting.h"
#include "probe/exported.h"
#include "probe/real.h"

/* Allocates whatever is not for the ways below. call: which function the program called. */
__attribute__((noinline)) void *hg_quickly_otherwise(size_t size, hg_caller caller, hg_call call);

/* The allocator refused: the program is given what it gave, NULL. */
HG_SLOW void *hg_quickly_refused(void);

/*
 * These tag and count a new block, and return it. Here the allocator has to be asked for its size. thread:
 * NULL if it has none that is hg_counting_ready.
 */
__attribute__((noinline)) void *hg_quickly_asking(hg_thread *thread, void *block, size_t requested,
                                                  hg_caller caller);
/* The line is the caller's. It may have several stacks, or be of another round. */
__attribute__((noinline)) void *hg_quickly_by_line(hg_thread *thread, void *block, size_t requested,
                                                   hg_caller caller, hg_line *line);
/* The line does not lead to the stack; or stacks are not recorded. */
__attribute__((noinline)) void *hg_quickly_known(hg_thread *thread, void *block, size_t requested,
                                                 hg_caller caller);
/* The line is the usual one, and the stack's first group is right. */
__attribute__((noinline)) void *hg_quickly_deep(hg_thread *thread, void *block, size_t requested,
                                                hg_caller caller, const hg_line *line);

/* Whether the request is for hg_quickly_allocate, else for hg_quickly_beyond. */
HG_QUICK bool hg_quickly_may(size_t size)
{
    return __builtin_expect(size < hg_counting_quick.limit, true);
}

/* Where stacks are not recorded, all requests come here, and nobody asks for the caller. */
HG_QUICK void *hg_quickly_beyond(size_t size, hg_exported_frame frame, hg_call call)
{
    const hg_caller nobody = {0};
    hg_thread *thread = hg_counting_quick.thread;
    uint32_t context = hg_context_without_path;
    if (!thread || context == HG_CONTEXT_NONE || size >= HG_ASIDE_BYTES)
        return hg_quickly_otherwise(size, hg_caller_at(frame), call);
    void *block = hg_real_allocator.malloc(size + HG_TAG_BYTES);
    if (__builtin_expect(block == NULL, false))
        return hg_quickly_refused();
    uint32_t epoch = hg_counting_epoch();
    hg_record_tally *row = thread->rows[epoch];
    if (hg_real_is_mapped_or_large(hg_real_header(block)) || __builtin_expect(!row, false))
        return hg_quickly_asking(thread, block, size, nobody);
    size_t usable = hg_real_header_size(hg_real_header(block));
    if (__builtin_expect(hg_tag_is_used(block, usable), false))
        return hg_quickly_known(thread, block, size, nobody);
    context = hg_context_without_path;
    hg_tag_put(block, usable, hg_tag_base(context, epoch, hg_counting_key()), size, hg_counting_key());
    hg_counting_add(thread, row + context, size, false);
    return block;
}

/* frame: HG_EXPORTED_FRAME of the exported function that includes this. */
HG_QUICK void *hg_quickly_allocate(size_t size, hg_exported_frame frame)
{
    hg_thread *thread = hg_counting_quick.thread;
    void *block = hg_real_allocator.malloc(size + HG_TAG_BYTES);
    hg_frame_again(&frame);
    if (__builtin_expect(block == NULL, false))
        return hg_quickly_refused();
    if (hg_real_is_mapped_or_large(hg_real_header(block)))
        return hg_quickly_asking(thread, block, size, hg_caller_at(frame));
    uintptr_t key = hg_frame_key(frame);
    hg_line *line = hg_line_of(thread->lines, key, frame.slot);
    if (__builtin_expect(!hg_line_is(line, key, frame.slot), false))
        return hg_quickly_known(thread, block, size, hg_caller_at(frame));
    if (line->epoch != hg_counting_epoch())
        return hg_quickly_by_line(thread, block, size, hg_caller_at(frame), line);
    const hg_known_context *known = line->only.stack;
    if (__builtin_expect(!hg_known_has_group(known->group[0], frame.slot), false))
        return hg_quickly_known(thread, block, size, hg_caller_at(frame));
    if (!hg_known_is_short(known))
        return hg_quickly_deep(thread, block, size, hg_caller_at(frame), line);
    size_t usable = hg_real_header_size(hg_real_header(block));
    if (__builtin_expect(hg_tag_is_used(block, usable), false))
        return hg_quickly_by_line(thread, block, size, hg_caller_at(frame), line);
    hg_tag_put(block, usable, line->only.tag, size, hg_counting_key());
    hg_counting_add(thread, line->only.tally, size, false);
    return block;
}

#endif
