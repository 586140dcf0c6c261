#include "probe/pools.h"

#include "probe/aside.h"
#include "probe/context.h"
#include "probe/counting.h"
#include "probe/mappings.h"
#include "probe/probe.h"
#include "probe/sampling.h"
#include <errno.h>
#include <stdint.h>

/* No block of the program's has its upper half of addresses. */
#define PIECE_BIT (UINT64_C(1) << 63)

static const void *key_of(const void *piece)
{
    return (const void *)((uintptr_t)piece | PIECE_BIT); /* NOLINT(performance-no-int-to-ptr) */
}

static void count_freed(hg_tag tag)
{
    hg_counting_count_slowly(hg_counting_thread_anywhere(), tag, true);
}

void hg_pools_chunk(const void *chunk, size_t size)
{
    if (!chunk || !hg_counting_wanted())
        return;
    if (!hg_probe_forget_mappings((uintptr_t)chunk, (uintptr_t)chunk + size))
        (void)hg_probe_release((void *)(uintptr_t)chunk);
}

void hg_pools_alloc(const void *piece, size_t size, hg_caller caller)
{
    if (!piece || !hg_counting_wanted())
        return;
    int saved_errno = errno;
    hg_tag before;
    if (hg_aside_take(key_of(piece), &before))
        count_freed(before);
    if (hg_sampling_leaves_out()) {
        errno = saved_errno;
        return;
    }
    hg_thread *thread = hg_counting_thread_anywhere();
    hg_counting_enter();
    hg_tag tag = {
        .context = hg_context_find(thread, caller), .epoch = hg_counting_epoch(), .requested = size};
    hg_counting_leave();
    hg_sampling_settle(tag.epoch);
    hg_counting_reach(thread, tag.context);
    if (hg_aside_put(key_of(piece), tag)) {
        hg_counting_count_slowly(thread, tag, false);
        if (thread && !thread->shared)
            hg_counting_leak_control(thread, tag.epoch);
    } else {
        atomic_fetch_add_explicit(&hg_counting_record.header->unrecorded, 1, memory_order_relaxed);
    }
    errno = saved_errno;
}

void hg_pools_free(const void *piece)
{
    hg_tag tag;
    if (piece && hg_counting_attached() && hg_aside_take(key_of(piece), &tag))
        count_freed(tag);
}

void hg_pools_reset(const void *begin, size_t size)
{
    uintptr_t first = (uintptr_t)key_of(begin);
    if (begin && size > 0 && hg_counting_attached())
        hg_aside_take_between(first, first + (size - 1), count_freed);
}
