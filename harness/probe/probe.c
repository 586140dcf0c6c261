/* The functions that allocate and free blocks. */
#include "probe/probe.h"

#include "probe/aside.h"
#include "probe/context.h"
#include "probe/counting.h"
#include "probe/faults.h"
#include "probe/frees.h"
#include "probe/live.h"
#include "probe/quickly.h"
#include "probe/real.h"
#include "probe/sampling.h"
#include "probe/scan.h"
#include "probe/tag.h"
#include <errno.h>
#include <string.h>

/* No room that is known, no tag: realloc to size 0 asked for none, and tcmalloc says 0 until its constructors
 * have run. */
HG_QUICK bool has_room(size_t usable, size_t requested)
{
    return __builtin_expect(usable >= requested + HG_TAG_BYTES, true);
}

static size_t usable_size(void *block)
{
    if (hg_real_has_headers && !hg_real_is_mapped(hg_real_header(block)))
        return hg_real_header_size(hg_real_header(block));
    return hg_real_allocator.usable_size(block);
}

/* A block's tag, wherever it is: at its tail, or aside. */
static bool find_tag(void *block, size_t usable, hg_tag *ret_tag)
{
    return hg_aside_has(block, usable) ? hg_aside_find(block, ret_tag)
                                       : hg_tag_read(block, usable, ret_tag, hg_counting_key());
}

/* Where most blocks have none, a word of the program's is not to be taken for a tag, and wiped. */
static bool is_plausible(const void *block, const hg_tag *tag, size_t usable)
{
    enum { MOST_BESIDE = 64 }; /* that the C library rounds up by, or does not split off */
    size_t most = hg_real_is_mapped(hg_real_header(block)) ? HG_ASIDE_PAGE : MOST_BESIDE;
    return tag->context < hg_record_contexts(&hg_counting_record) && tag->epoch <= hg_counting_epoch() &&
           usable - HG_TAG_BYTES - tag->requested < most;
}

/* The same; the block has no tag any more. */
static bool take_tag(void *block, size_t usable, hg_tag *ret_tag)
{
    if (hg_aside_has(block, usable)) {
        if (hg_probe_maps_over)
            hg_probe_forget_mappings((uintptr_t)block, (uintptr_t)block + usable);
        return hg_aside_take(block, ret_tag);
    }
    if (!hg_tag_read(block, usable, ret_tag, hg_counting_key()) ||
        (atomic_load_explicit(&hg_sampling_has_rested, memory_order_relaxed) &&
         !is_plausible(block, ret_tag, usable)))
        return false;
    hg_tag_wipe(block, usable);
    return true;
}

/* False if the block has no room for it, or the table has none. */
static bool put_tag(void *block, size_t usable, hg_tag tag)
{
    if (hg_aside_has(block, usable))
        return hg_aside_put(block, tag);
    if (!has_room(usable, tag.requested))
        return false;
    hg_tag_write(block, usable, tag, hg_counting_key());
    return true;
}

/* The allocator refused: the program is given what it gave. */
void *hg_quickly_refused(void)
{
    if (hg_counting_attached())
        atomic_fetch_add_explicit(&hg_counting_record.header->failed, 1, memory_order_relaxed);
    return NULL;
}

/*
 * Whether the block has a tag though the allocator has just handed it out: what was there before was freed
 * past the probe, by a function of the C library's or the allocator's own. It counts as freed now.
 */
static HG_SLOW void note_past_free(hg_thread *thread, void *block, size_t usable)
{
    const hg_record *record = &hg_counting_record;
    hg_tag tag;
    if (!take_tag(block, usable, &tag) || tag.context >= hg_record_contexts(record) ||
        tag.epoch > hg_counting_epoch())
        return;
    hg_counting_count_slowly(thread, tag, true);
    atomic_fetch_or_explicit(&record->contexts[tag.context].flags, HG_CONTEXT_PAST, memory_order_relaxed);
    atomic_fetch_add_explicit(&record->header->past_frees, 1, memory_order_relaxed);
}

/*
 * Tags and counts a new block, with every question asked: of whoever is not hg_counting_ready (the first call
 * of a thread, one past its end, one of too many), or from a stack that the thread does not remember.
 */
static HG_SLOW void *enter_slowly(void *block, size_t requested, hg_caller caller)
{
    if (!hg_counting_wanted() || hg_dormant_is_told())
        return block;
    hg_thread *thread = hg_counting_thread();
    hg_counting_enter();
    hg_tag tag = {
        .context = hg_context_find(thread, caller), .epoch = hg_counting_epoch(), .requested = requested};
    hg_counting_leave();
    hg_sampling_settle(tag.epoch);
    hg_counting_reach(thread, tag.context);
    size_t usable = usable_size(block);
    note_past_free(thread, block, usable);
    if (!put_tag(block, usable, tag))
        return block;
    hg_live_add(block);
    hg_counting_count_slowly(thread, tag, false);
    if (thread && !thread->shared)
        hg_counting_leak_control(thread, tag.epoch);
    if (hg_live_wanted)
        hg_scan_answer();
    return block;
}

HG_QUICK void *enter_tagged(hg_thread *thread, hg_record_tally *tally, void *block, size_t usable,
                            uint64_t base, size_t requested)
{
    if (__builtin_expect(hg_tag_is_used(block, usable), false))
        note_past_free(thread, block, usable);
    hg_tag_put(block, usable, base, requested, hg_counting_key());
    hg_counting_add(thread, tally, requested, false);
    return block;
}

/* The stack may be known, though not to the thread; or stacks are not recorded. */
void *hg_quickly_known(hg_thread *thread, void *block, size_t requested, hg_caller caller)
{
    uint32_t epoch = hg_counting_epoch();
    hg_record_tally *row = thread->rows[epoch];
    uint32_t context = hg_context_without_path;
    if (context == HG_CONTEXT_NONE)
        context = hg_context_known(thread, caller);
    if (context == HG_CONTEXT_NONE || context >= thread->contexts || !row)
        return enter_slowly(block, requested, caller);
    return enter_tagged(thread, row + context, block, usable_size(block),
                        hg_tag_base(context, epoch, hg_counting_key()), requested);
}

void *hg_quickly_by_line(hg_thread *thread, void *block, size_t requested, hg_caller caller, hg_line *line)
{
    uint32_t epoch = hg_counting_epoch();
    hg_record_tally *row = thread->rows[epoch];
    /* Whoever wakes a dormant probe empties the lines of all threads, in the middle of this, too. */
    HG_PROBE_ASSERT(hg_dormant_wanted || hg_line_is(line, hg_caller_key(caller), caller.slot));
    if (__builtin_expect(!row, false))
        return hg_quickly_known(thread, block, requested, caller);
    const hg_known_context *known = hg_line_stack(line, caller);
    if (__builtin_expect(!hg_known_is(known, caller), false))
        return hg_quickly_known(thread, block, requested, caller);
    uint32_t context = (uint32_t)atomic_load_explicit(&known->answer, memory_order_relaxed);
    if (__builtin_expect(!hg_context_quick, false) && !hg_context_is_final(context))
        return hg_quickly_known(thread, block, requested, caller);
    if (__builtin_expect(context >= thread->contexts, false))
        return enter_slowly(block, requested, caller);
    uint64_t base = hg_tag_base(context, epoch, hg_counting_key());
    if (!line->many && hg_context_is_final(context)) {
        line->only.tally = row + context;
        line->only.tag = base;
        line->epoch = epoch;
    }
    return enter_tagged(thread, row + context, block, usable_size(block), base, requested);
}

/* The live stack is the line's. */
HG_QUICK void *enter_usual(hg_thread *thread, void *block, size_t usable, size_t requested,
                           const hg_line *line)
{
    return enter_tagged(thread, line->only.tally, block, usable, line->only.tag, requested);
}

HG_QUICK void *enter_sized(hg_thread *thread, void *block, size_t usable, size_t requested, hg_caller caller)
{
    uintptr_t key = hg_caller_key(caller);
    hg_line *line = hg_line_of(thread->lines, key, caller.slot);
    if (!hg_line_is(line, key, caller.slot))
        return hg_quickly_known(thread, block, requested, caller);
    return line->epoch == hg_counting_epoch() && hg_known_is(line->only.stack, caller)
               ? enter_usual(thread, block, usable, requested, line)
               : hg_quickly_by_line(thread, block, requested, caller, line);
}

/* The same where the line is usual and the stack's first group is right. */
void *hg_quickly_deep(hg_thread *thread, void *block, size_t requested, hg_caller caller, const hg_line *line)
{
    return __builtin_expect(hg_known_has_rest(line->only.stack, caller), true)
               ? enter_usual(thread, block, usable_size(block), requested, line)
               : hg_quickly_known(thread, block, requested, caller);
}

/* Of a thread that is hg_counting_ready, if any, where the allocator has to be asked for the block's size. */
void *hg_quickly_asking(hg_thread *thread, void *block, size_t requested, hg_caller caller)
{
    if (!thread)
        return enter_slowly(block, requested, caller);
    size_t usable = hg_real_allocator.usable_size(block);
    if (hg_aside_has(block, usable))
        return enter_slowly(block, requested, caller);
    if (!has_room(usable, requested))
        return block;
    return hg_context_without_path == HG_CONTEXT_NONE ? enter_sized(thread, block, usable, requested, caller)
                                                      : hg_quickly_known(thread, block, requested, caller);
}

/* Of a thread that is hg_counting_quick. The usual way calls nothing. */
HG_QUICK void *enter_quickly(hg_thread *thread, void *block, size_t requested, hg_caller caller)
{
    size_t header = hg_real_header(block);
    if (hg_real_is_mapped_or_large(header))
        return hg_quickly_asking(thread, block, requested, caller);
    return enter_sized(thread, block, hg_real_header_size(header), requested, caller);
}

/* Tags and counts a new block. */
static __attribute__((noinline)) void *enter_block(void *block, size_t requested, hg_caller caller)
{
    hg_thread *thread = hg_counting_quick.thread;
    return __builtin_expect(thread != NULL, true)
               ? enter_quickly(thread, block, requested, caller)
               : hg_quickly_asking(hg_counting_ready, block, requested, caller);
}

static HG_SLOW void *malloc_slowly(size_t size, hg_caller caller, hg_call call)
{
    if (!hg_real_resolve())
        return hg_real_arena_alloc(size, 0);
    if (!hg_counting_wanted())
        return hg_real_allocator.malloc(size);
    if (hg_faults_due(caller, call))
        return NULL;
    void *block = hg_real_allocator.malloc(hg_aside_request(size, 1));
    if (!block)
        return hg_quickly_refused();
    hg_live_clear(block, size);
    return enter_slowly(block, size, caller);
}

void *hg_quickly_otherwise(size_t size, hg_caller caller, hg_call call)
{
    hg_thread *thread = hg_counting_ready;
    if (!thread)
        return malloc_slowly(size, caller, call);
    void *block = hg_real_allocator.malloc(hg_aside_request(size, 1));
    return block ? hg_quickly_asking(thread, block, size, caller) : hg_quickly_refused();
}

/* The allocator's calloc would clear the tag of a block that was freed past the probe. */
static void *small_calloc(size_t size)
{
    void *block = hg_real_allocator.malloc(size + HG_TAG_BYTES);
    size_t usable = block ? usable_size(block) : 0;
    if (usable >= HG_TAG_BYTES)
        note_past_free(hg_counting_thread(), block, usable);
    return block ? memset(block, 0, usable > size ? usable : size) : NULL;
}

void *hg_probe_calloc(size_t count, size_t size, hg_caller caller)
{
    size_t bytes;
    bool overflow = __builtin_mul_overflow(count, size, &bytes);
    if (!hg_real_resolve())
        return overflow ? NULL : hg_real_arena_alloc(bytes, 0);
    if (!hg_counting_wanted() || overflow || hg_sampling_leaves_out())
        return hg_real_allocator.calloc(count, size);
    if (hg_faults_due(caller, HG_CALL_CALLOC))
        return NULL;
    void *block = bytes < HG_ASIDE_BYTES ? small_calloc(bytes) : hg_real_allocator.calloc(1, bytes);
    return block ? enter_block(block, bytes, caller) : hg_quickly_refused();
}

void *hg_probe_aligned(void *(*allocate)(size_t, size_t), size_t alignment, size_t size, hg_caller caller,
                       hg_call call)
{
    if (!hg_counting_wanted() || hg_sampling_leaves_out())
        return allocate(alignment, size);
    if (hg_faults_due(caller, call))
        return NULL;
    void *block = allocate(alignment, hg_aside_request(size, alignment));
    if (!block)
        return hg_quickly_refused();
    hg_live_clear(block, size);
    return enter_block(block, size, caller);
}

int hg_probe_posix_memalign(void **ret_block, size_t alignment, size_t size, hg_caller caller)
{
    if (!hg_real_resolve())
        return ENOMEM;
    if (!hg_counting_wanted() || hg_sampling_leaves_out())
        return hg_real_allocator.posix_memalign(ret_block, alignment, size);
    int saved_errno = errno;
    if (hg_faults_due(caller, HG_CALL_MALLOC)) {
        errno = saved_errno;
        return ENOMEM;
    }
    void *block;
    int status = hg_real_allocator.posix_memalign(&block, alignment, hg_aside_request(size, alignment));
    if (status == 0) {
        hg_live_clear(block, size);
        *ret_block = enter_block(block, size, caller);
    } else if (status == ENOMEM) {
        hg_quickly_refused();
    }
    return status;
}

/* While the probe rests, nobody can tell a block that it did not follow. */
static void note_stranger(void)
{
    if (!hg_counting_busy && !hg_sampling_rests())
        atomic_fetch_add_explicit(&hg_counting_record.header->untagged_frees, 1, memory_order_relaxed);
}

/* Wipes the block's tag and counts it as freed, if it has one; with every question asked. */
static void forget(void *block)
{
    hg_tag tag;
    hg_live_remove(block);
    if (take_tag(block, usable_size(block), &tag)) {
        hg_counting_count_slowly(hg_counting_thread(), tag, true);
        hg_frees_note(tag.context);
    } else {
        note_stranger();
    }
}

static HG_SLOW void free_slowly(void *block)
{
    if (!block || hg_real_in_arena(block) || !hg_real_resolve())
        return;
    if (hg_counting_attached())
        forget(block);
    hg_real_allocator.free(block);
}

HG_QUICK void free_sized_block(hg_thread *thread, void *block, size_t usable)
{
    hg_tag tag;
    hg_record_tally *row = NULL;
    if (__builtin_expect(hg_tag_read_of(block, usable, &tag, hg_counting_key(), thread->contexts), true))
        row = thread->rows[tag.epoch];
    if (__builtin_expect(!row, false)) {
        free_slowly(block);
        return;
    }
    hg_tag_wipe(block, usable);
    hg_counting_count(thread, row, &tag, true);
    hg_real_allocator.free(block);
}

/* The allocator has to be asked for the block's size. */
static __attribute__((noinline)) void free_asking(void *block)
{
    hg_thread *thread = hg_counting_ready;
    size_t usable;
    if (!block || !thread || hg_real_in_arena(block) ||
        (usable = hg_real_allocator.usable_size(block)) < HG_TAG_BYTES || hg_aside_has(block, usable))
        free_slowly(block);
    else
        free_sized_block(thread, block, usable);
}

void hg_probe_free(void *block)
{
    if (__builtin_expect(hg_dormant_asleep(), true)) {
        hg_real_allocator.asleep_free(block);
        return;
    }
    hg_thread *thread = hg_counting_quick.thread;
    if (__builtin_expect(!block || !thread, false) || hg_real_is_mapped_or_large(hg_real_header(block)))
        free_asking(block);
    else
        free_sized_block(thread, block, hg_real_header_size(hg_real_header(block)));
}

/* While the probe rests, most blocks have no tag: that is all the usual way finds out. */
void hg_probe_resting_free(void *block)
{
    hg_tag tag;
    if (__builtin_expect(!block, false) || hg_real_is_mapped_or_large(hg_real_header(block))) {
        free_slowly(block);
        return;
    }
    size_t usable = hg_real_header_size(hg_real_header(block));
    if (__builtin_expect(hg_tag_read_of(block, usable, &tag, hg_counting_key(), HG_MAX_CONTEXTS), false))
        free_slowly(block);
    else
        hg_real_allocator.free(block);
}

void *hg_probe_adopt(void *block, size_t requested, hg_caller caller)
{
    return hg_counting_wanted() && !hg_sampling_leaves_out() ? enter_block(block, requested, caller) : block;
}

/*
 * What the program may use of a block that has a tag. It must not depend on where the block lies: jemalloc's
 * nallocx foretells it.
 */
static size_t usable_beside(size_t usable, const hg_tag *tag)
{
    bool was_enlarged = tag->requested < HG_ASIDE_BYTES && has_room(usable, tag->requested);
    return was_enlarged ? usable - HG_TAG_BYTES : usable;
}

hg_probe_released hg_probe_release(void *block)
{
    hg_probe_released released = {0};
    if (!block || !hg_counting_attached())
        return released;
    size_t usable = usable_size(block);
    released.counted = take_tag(block, usable, &released.tag);
    if (released.counted) {
        hg_live_remove(block);
        size_t given = usable_beside(usable, &released.tag);
        if (!hg_aside_has(block, usable))
            memset((char *)block + given, 0, usable - given);
        hg_counting_count_slowly(hg_counting_thread(), released.tag, true);
    }
    return released;
}

/* Taken back as a free that did not happen: the counters only grow. */
void hg_probe_restore(void *block, hg_probe_released released)
{
    if (!released.counted || !put_tag(block, usable_size(block), released.tag))
        return;
    hg_live_add(block);
    hg_counting_count_slowly(hg_counting_thread(), released.tag, false);
}

static void *realloc_from_arena(void *block, size_t size, hg_caller caller)
{
    void *moved = hg_quickly_otherwise(size, caller, HG_CALL_MALLOC);
    size_t extent = hg_real_arena_extent(block);
    if (moved)
        memcpy(moved, block, size < extent ? size : extent);
    return moved;
}

void *hg_probe_realloc(void *block, size_t size, hg_caller caller)
{
    if (!block)
        return hg_sampling_leaves_out() ? hg_real_allocator.malloc(size)
                                        : hg_quickly_otherwise(size, caller, HG_CALL_REALLOC);
    if (hg_real_in_arena(block))
        return realloc_from_arena(block, size, caller);
    if (!hg_real_resolve())
        return NULL;
    if (!hg_counting_wanted())
        return hg_real_allocator.realloc(block, size);
    if (size > 0 && hg_faults_due(caller, HG_CALL_REALLOC))
        return NULL;
    hg_tag old = {0};
    size_t usable = usable_size(block);
    bool tagged = take_tag(block, usable, &old);
    bool follows = !hg_sampling_leaves_out();
    hg_live_remove(block);
    /* Size 0 frees or shrinks, as the real allocator has it; it must see the 0. */
    void *moved = hg_real_allocator.realloc(block, size && follows ? hg_aside_request(size, 1) : size);
    if (!moved && size && (!tagged || put_tag(block, usable, old))) {
        if (tagged)
            hg_live_add(block);
        return hg_quickly_refused();
    }
    if (tagged) {
        hg_counting_count_slowly(hg_counting_thread(), old, true);
        hg_frees_note(old.context);
    } else if (moved) {
        note_stranger();
    }
    /* What the program was told that it may use (malloc_usable_size) it may have used. */
    size_t used = tagged ? usable_beside(usable, &old) : size;
    if (moved && size > used)
        hg_live_clear((char *)moved + used, size - used);
    return moved && follows ? enter_block(moved, size, caller) : moved;
}

bool hg_probe_tag_of(void *block, hg_tag *ret_tag)
{
    return find_tag(block, usable_size(block), ret_tag);
}

size_t hg_probe_whole_size(void *block)
{
    return usable_size(block);
}

size_t hg_probe_usable_size(void *block)
{
    if (!block || hg_real_in_arena(block) || !hg_real_resolve())
        return 0;
    size_t usable = usable_size(block);
    hg_tag tag;
    if (hg_counting_attached() && find_tag(block, usable, &tag))
        return usable_beside(usable, &tag);
    return usable;
}

uint32_t heapgate_probe_context(void *block)
{
    hg_tag tag;
    if (!hg_counting_attached() || !block || hg_real_in_arena(block) ||
        !find_tag(block, usable_size(block), &tag))
        return HG_CONTEXT_NONE;
    return tag.context;
}
