/* The functions that allocate and free blocks. */
#include "probe/probe.h"

#include "probe/context.h"
#include "probe/counting.h"
#include "probe/live.h"
#include "probe/real.h"
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

/*
 * Tags and counts a new block, with every question asked: of whoever is not hg_counting_ready (the first call
 * of a thread, one past its end, one of too many), or from a stack that the thread does not remember.
 */
static HG_SLOW void *enter_slowly(void *block, size_t requested, hg_caller caller)
{
    size_t usable = usable_size(block);
    if (!hg_counting_wanted() || !has_room(usable, requested))
        return block;
    hg_thread *thread = hg_counting_thread();
    hg_counting_enter();
    hg_tag tag = {
        .context = hg_context_find(thread, caller), .epoch = hg_counting_epoch(), .requested = requested};
    hg_counting_leave();
    hg_tag_write(block, usable, tag, hg_counting_key());
    hg_live_add(block);
    hg_counting_count_slowly(thread, tag, false);
    if (thread && !thread->shared)
        hg_counting_leak_control(thread, tag.epoch);
    return block;
}

HG_QUICK void *enter_tagged(hg_thread *thread, hg_record_tally *row, void *block, size_t usable, hg_tag tag)
{
    hg_tag_write(block, usable, tag, hg_counting_key());
    hg_counting_count(thread, row, &tag, false);
    return block;
}

/* From a stack that the thread does not remember, but is known. */
static __attribute__((noinline)) void *enter_known(hg_thread *thread, void *block, size_t requested,
                                                   hg_caller caller)
{
    hg_tag tag = {
        .context = hg_context_known(thread, caller), .epoch = hg_counting_epoch(), .requested = requested};
    hg_record_tally *row = thread->rows[tag.epoch];
    if (tag.context == HG_CONTEXT_NONE || !row)
        return enter_slowly(block, requested, caller);
    return enter_tagged(thread, row, block, usable_size(block), tag);
}

HG_QUICK void *enter_sized(hg_thread *thread, void *block, size_t usable, size_t requested, hg_caller caller)
{
    hg_tag tag = {.epoch = hg_counting_epoch(), .requested = requested};
    hg_record_tally *row = thread->rows[tag.epoch];
    if (__builtin_expect(!row, false) || !hg_context_quickly(thread, caller, &tag.context))
        return enter_known(thread, block, requested, caller);
    return enter_tagged(thread, row, block, usable, tag);
}

/* Of a thread that is hg_counting_ready, if any, where the allocator has to be asked for the block's size. */
static __attribute__((noinline)) void *enter_asking(hg_thread *thread, void *block, size_t requested,
                                                    hg_caller caller)
{
    if (!thread)
        return enter_slowly(block, requested, caller);
    size_t usable = hg_real_allocator.usable_size(block);
    return has_room(usable, requested) ? enter_sized(thread, block, usable, requested, caller) : block;
}

/* Of a thread that is hg_counting_quick. The usual way calls nothing. */
HG_QUICK void *enter_quickly(hg_thread *thread, void *block, size_t requested, hg_caller caller)
{
    size_t header = hg_real_header(block);
    if (hg_real_is_mapped(header))
        return enter_asking(thread, block, requested, caller);
    return enter_sized(thread, block, hg_real_header_size(header), requested, caller);
}

/* Tags and counts a new block. */
static __attribute__((noinline)) void *enter_block(void *block, size_t requested, hg_caller caller)
{
    hg_thread *thread = hg_counting_quick;
    return __builtin_expect(thread != NULL, true) ? enter_quickly(thread, block, requested, caller)
                                                  : enter_asking(hg_counting_ready, block, requested, caller);
}

/* By whoever is not hg_counting_quick. */
static __attribute__((noinline)) void *malloc_otherwise(size_t size, hg_caller caller)
{
    hg_thread *thread = hg_counting_ready;
    if (!thread && !hg_real_resolve())
        return hg_real_arena_alloc(size, 0);
    if (!thread && !hg_counting_wanted())
        return hg_real_allocator.malloc(size);
    void *block = hg_real_allocator.malloc(hg_tag_with(size));
    return block ? enter_asking(thread, block, size, caller) : NULL;
}

void *hg_probe_malloc(size_t size, hg_caller caller)
{
    hg_thread *thread = hg_counting_quick;
    size_t bytes;
    if (__builtin_expect(!thread || __builtin_add_overflow(size, HG_TAG_BYTES, &bytes), false))
        return malloc_otherwise(size, caller);
    void *block = hg_real_allocator.malloc(bytes);
    return __builtin_expect(block != NULL, true) ? enter_quickly(thread, block, size, caller) : NULL;
}

void *hg_probe_calloc(size_t count, size_t size, hg_caller caller)
{
    size_t bytes;
    bool overflow = __builtin_mul_overflow(count, size, &bytes);
    if (!hg_real_resolve())
        return overflow ? NULL : hg_real_arena_alloc(bytes, 0);
    if (!hg_counting_wanted() || overflow)
        return hg_real_allocator.calloc(count, size);
    void *block = hg_real_allocator.calloc(1, hg_tag_with(bytes));
    return block ? enter_block(block, bytes, caller) : NULL;
}

void *hg_probe_aligned(void *(*allocate)(size_t, size_t), size_t alignment, size_t size, hg_caller caller)
{
    if (!hg_counting_wanted())
        return allocate(alignment, size);
    void *block = allocate(alignment, hg_tag_with(size));
    return block ? enter_block(block, size, caller) : NULL;
}

int hg_probe_posix_memalign(void **ret_block, size_t alignment, size_t size, hg_caller caller)
{
    if (!hg_real_resolve())
        return ENOMEM;
    if (!hg_counting_wanted())
        return hg_real_allocator.posix_memalign(ret_block, alignment, size);
    void *block;
    int status = hg_real_allocator.posix_memalign(&block, alignment, hg_tag_with(size));
    if (status == 0)
        *ret_block = enter_block(block, size, caller);
    return status;
}

/* Wipes the block's tag and counts it as freed, if it has one; with every question asked. */
static void forget(void *block)
{
    hg_tag tag;
    size_t usable = usable_size(block);
    hg_live_remove(block);
    if (hg_tag_read(block, usable, &tag, hg_counting_key())) {
        hg_tag_wipe(block, usable);
        hg_counting_count_slowly(hg_counting_thread(), tag, true);
    } else if (!hg_counting_busy) {
        atomic_fetch_add_explicit(&hg_counting_record.header->untagged_frees, 1, memory_order_relaxed);
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
    if (__builtin_expect(hg_tag_read(block, usable, &tag, hg_counting_key()), true))
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
    if (!block || !thread || hg_real_in_arena(block))
        free_slowly(block);
    else
        free_sized_block(thread, block, hg_real_allocator.usable_size(block));
}

void hg_probe_free(void *block)
{
    hg_thread *thread = hg_counting_quick;
    if (__builtin_expect(!block || !thread, false) || hg_real_is_mapped(hg_real_header(block)))
        free_asking(block);
    else
        free_sized_block(thread, block, hg_real_header_size(hg_real_header(block)));
}

void *hg_probe_adopt(void *block, size_t requested, hg_caller caller)
{
    return hg_counting_wanted() ? enter_block(block, requested, caller) : block;
}

hg_probe_released hg_probe_release(void *block)
{
    hg_probe_released released = {0};
    if (!block || !hg_counting_attached())
        return released;
    size_t usable = usable_size(block);
    released.counted = hg_tag_read(block, usable, &released.tag, hg_counting_key());
    if (released.counted) {
        hg_live_remove(block);
        size_t given = hg_tag_usable(usable, &released.tag);
        memset((char *)block + given, 0, usable - given);
        hg_counting_count_slowly(hg_counting_thread(), released.tag, true);
    }
    return released;
}

/* Taken back as a free that did not happen: the counters only grow. */
void hg_probe_restore(void *block, hg_probe_released released)
{
    if (!released.counted)
        return;
    hg_tag_write(block, usable_size(block), released.tag, hg_counting_key());
    hg_live_add(block);
    hg_counting_count_slowly(hg_counting_thread(), released.tag, false);
}

static void *realloc_from_arena(void *block, size_t size, hg_caller caller)
{
    void *moved = hg_probe_malloc(size, caller);
    size_t extent = hg_real_arena_extent(block);
    if (moved)
        memcpy(moved, block, size < extent ? size : extent);
    return moved;
}

void *hg_probe_realloc(void *block, size_t size, hg_caller caller)
{
    if (!block)
        return hg_probe_malloc(size, caller);
    if (hg_real_in_arena(block))
        return realloc_from_arena(block, size, caller);
    if (!hg_real_resolve())
        return NULL;
    if (!hg_counting_wanted())
        return hg_real_allocator.realloc(block, size);
    hg_tag old = {0};
    size_t usable = usable_size(block);
    bool tagged = hg_tag_read(block, usable, &old, hg_counting_key());
    hg_live_remove(block);
    if (tagged)
        hg_tag_wipe(block, usable);
    /* Size 0 frees or shrinks, as the real allocator has it; it must see the 0. */
    void *moved = hg_real_allocator.realloc(block, size ? hg_tag_with(size) : 0);
    if (!moved && size) {
        if (tagged) {
            hg_tag_write(block, usable, old, hg_counting_key());
            hg_live_add(block);
        }
        return NULL;
    }
    if (tagged)
        hg_counting_count_slowly(hg_counting_thread(), old, true);
    return moved ? enter_block(moved, size, caller) : NULL;
}

bool hg_probe_tag_of(void *block, hg_tag *ret_tag)
{
    return hg_tag_read(block, usable_size(block), ret_tag, hg_counting_key());
}

size_t hg_probe_usable_size(void *block)
{
    if (!block || hg_real_in_arena(block) || !hg_real_resolve())
        return 0;
    size_t usable = usable_size(block);
    hg_tag tag;
    if (hg_counting_attached() && hg_tag_read(block, usable, &tag, hg_counting_key()))
        return hg_tag_usable(usable, &tag);
    return usable;
}
