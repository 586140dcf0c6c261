#include "probe/counting.h"

#include "probe/aside.h"
#include "probe/context.h"
#include "probe/faults.h"
#include "probe/frees.h"
#include "probe/live.h"
#include "probe/real.h"
#include "probe/sampling.h"
#include "record/assert.h"
#include "record/checkpoint.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

hg_record hg_counting_record;
hg_record_pieces hg_counting_pieces;
_Alignas(HG_MOST_PAGE) hg_counting_gate hg_counting_only_here;
__thread hg_thread *volatile hg_counting_ready;
__thread hg_counting_local hg_counting_quick;
__thread volatile bool hg_counting_busy;

static __thread hg_thread *own;
static __thread bool past_end;

static _Atomic uint64_t common_live_blocks, common_live_bytes;

/* Where blocks are indexed, or frees looked at, every call goes the slow way, which does so. */
static void set_ready(hg_thread *thread)
{
    if (hg_live_wanted || hg_frees_are_looked_at())
        thread = NULL;
    hg_counting_ready = thread;
    volatile hg_counting_local *quick = &hg_counting_quick;
    quick->limit = 0; /* what is below it needs the thread */
    quick->thread = hg_real_has_headers ? thread : NULL;
    if (quick->thread && hg_context_without_path == HG_CONTEXT_NONE)
        quick->limit = HG_ASIDE_BYTES;
}

void hg_counting_enter(void)
{
    HG_PROBE_ASSERT(!hg_counting_busy);
    hg_counting_busy = true;
    set_ready(NULL);
}

void hg_counting_leave(void)
{
    HG_PROBE_ASSERT(hg_counting_busy);
    hg_counting_busy = false;
    set_ready(own && !own->shared && hg_counting_attached() ? own : NULL);
}

static void thread_ended(void)
{
    past_end = true;
    own = NULL;
    set_ready(NULL);
}

hg_thread *hg_counting_thread_anywhere(void)
{
    if (own || past_end || hg_counting_busy)
        return own;
    int saved_errno = errno;
    hg_counting_enter();
    own = hg_thread_take();
    hg_counting_leave();
    errno = saved_errno;
    return own;
}

hg_thread *hg_counting_thread(void)
{
    hg_thread *thread = hg_counting_thread_anywhere();
    if (!thread || thread->knows_stack || hg_counting_busy)
        return thread;
    int saved_errno = errno;
    hg_counting_enter();
    hg_thread_find_stack(thread);
    hg_counting_leave();
    errno = saved_errno;
    return thread;
}

/* While it runs, allocations pass through; hg_counting_busy may be set already. */
static bool enter_unless_busy(void)
{
    bool enters = !hg_counting_busy;
    if (enters)
        hg_counting_enter();
    return enters;
}

void hg_counting_enlarge(hg_thread *thread, uint32_t context)
{
    bool entered = enter_unless_busy();
    hg_thread_enlarge(thread, context);
    if (entered)
        hg_counting_leave();
}

/* NULL, and told as not recorded, if there is no address space for it. */
static hg_record_tally *common_tally(uint32_t context, uint32_t epoch)
{
    bool entered = enter_unless_busy();
    hg_record_tally *tally = hg_thread_common_tally(context, epoch);
    if (entered)
        hg_counting_leave();
    if (!tally)
        atomic_fetch_add_explicit(&hg_counting_record.header->unrecorded, 1, memory_order_relaxed);
    return tally;
}

void hg_counting_count_commonly(uint32_t context, uint32_t epoch, int64_t blocks, int64_t bytes)
{
    hg_record_tally *tally = common_tally(context, epoch);
    if (!tally)
        return;
    bool freed = blocks < 0 || bytes < 0;
    atomic_fetch_add_explicit(freed ? &tally->freed_blocks : &tally->allocated_blocks,
                              (uint64_t)llabs(blocks), memory_order_relaxed);
    atomic_fetch_add_explicit(freed ? &tally->freed_bytes : &tally->allocated_bytes, (uint64_t)llabs(bytes),
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&common_live_blocks, (uint64_t)blocks, memory_order_relaxed);
    atomic_fetch_add_explicit(&common_live_bytes, (uint64_t)bytes, memory_order_relaxed);
}

void hg_counting_count_descriptor(uint32_t context, uint32_t epoch, bool closed)
{
    HG_PROBE_ASSERT(hg_record_is_descriptor(&hg_counting_record, context));
    hg_record_tally *tally = common_tally(context, epoch);
    if (tally)
        atomic_fetch_add_explicit(closed ? &tally->freed_blocks : &tally->allocated_blocks, 1,
                                  memory_order_relaxed);
}

hg_record_live hg_counting_live(void)
{
    hg_record_live live = hg_thread_live();
    live.blocks += (int64_t)atomic_load_explicit(&common_live_blocks, memory_order_relaxed);
    live.bytes += (int64_t)atomic_load_explicit(&common_live_bytes, memory_order_relaxed);
    return live;
}

void hg_counting_note_own(const void *memory, size_t bytes)
{
    hg_record_header *header = hg_counting_record.header;
    if (!memory || memory == MAP_FAILED || !header)
        return;
    uint32_t number = atomic_fetch_add(&header->own_ranges, 1);
    if (number >= HG_MOST_OWN_RANGES) {
        atomic_store(&header->own_ranges, HG_MOST_OWN_RANGES);
        return;
    }
    atomic_store(&header->own[number].begin, (uintptr_t)memory);
    atomic_store(&header->own[number].bytes, bytes);
}

void hg_counting_exiting(void)
{
    hg_record_header *header = hg_counting_record.header;
    if (!hg_counting_attached() || atomic_load(&header->exiting))
        return;
    int64_t control = (int64_t)(atomic_load(&header->control_blocks) * HG_CONTROL_BYTES);
    int64_t bytes = hg_counting_live().bytes - control;
    int64_t allocations;
    if (hg_sampling_has_rested)
        bytes = hg_checkpoint_peek(&hg_counting_record, &allocations).bytes;
    atomic_store(&header->bytes_at_exit, bytes);
    atomic_store(&header->exiting, 1);
}

void hg_counting_leak_control(hg_thread *thread, uint32_t epoch)
{
    hg_record_header *header = hg_counting_record.header;
    uint32_t before = atomic_load_explicit(&header->control_epochs, memory_order_relaxed);
    if ((header->mode & HG_MODE_CONTROL) == 0 || before > epoch ||
        !atomic_compare_exchange_strong(&header->control_epochs, &before, epoch + 1))
        return;
    void *block = hg_real_allocator.malloc(HG_CONTROL_BYTES + HG_TAG_BYTES);
    if (!block)
        return;
    hg_tag tag = {.context = header->control_context, .epoch = epoch, .requested = HG_CONTROL_BYTES};
    hg_tag_write(block, hg_real_allocator.usable_size(block), tag, hg_counting_key());
    hg_counting_count(thread, hg_thread_row(thread, epoch), &tag, false);
    atomic_fetch_add(&header->control_blocks, 1);
}

/* Where the row may not be in use yet, or is shared, or there is no thread. */
void hg_counting_count_slowly(hg_thread *thread, hg_tag tag, bool freed)
{
    hg_counting_reach(thread, tag.context);
    if (thread && !thread->shared)
        hg_counting_count(thread, hg_thread_row(thread, tag.epoch), &tag, freed);
    else
        hg_counting_count_commonly(tag.context, tag.epoch, freed ? -1 : 1,
                                   freed ? -(int64_t)tag.requested : (int64_t)tag.requested);
}

int hg_counting_start(void)
{
    hg_thread_ended = thread_ended;
    return hg_thread_start(&hg_counting_record);
}

void hg_counting_restart(void)
{
    hg_counting_end();
    hg_thread_reset(&hg_counting_record);
    hg_counting_forget_live();
}

void hg_counting_forget_live(void)
{
    atomic_store(&common_live_blocks, 0);
    atomic_store(&common_live_bytes, 0);
}

static void keep_from_copies(hg_counting_gate *gate)
{
    if (!hg_faults_private)
        madvise(gate, sizeof *gate, MADV_WIPEONFORK);
}

void hg_counting_settle(void)
{
    keep_from_copies(&hg_counting_only_here);
    hg_counting_only_here.settled = 1;
}

bool hg_counting_is_settled(void)
{
    return hg_counting_only_here.settled != 0;
}

/* Without the kernel's help (before Linux 4.14), pthread_atfork's handlers end it, for fork itself. */
void hg_counting_begin(void)
{
    hg_counting_gate *gate = &hg_counting_only_here;
    uint64_t random[2];
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        random[0] = (uintptr_t)&random ^ (uintptr_t)hg_counting_record.header;
        random[1] = random[0] * 0x9e3779b97f4a7c15u;
    }
    keep_from_copies(gate);
    /* One word at once: threads that were held up may still be at the key. */
    if (gate->key.factor == 0)
        gate->key = hg_tag_make_key(random[0], random[1]);
    else
        __atomic_store_n(&gate->key.mask, random[0], __ATOMIC_RELAXED);
    __atomic_store_n(&gate->counts, 1, __ATOMIC_RELEASE);
}

void hg_counting_pause(void)
{
    __atomic_store_n(&hg_counting_only_here.counts, 0, __ATOMIC_RELAXED);
}

void hg_counting_end(void)
{
    hg_counting_only_here.key = (hg_tag_key){0};
    hg_counting_only_here.counts = hg_counting_only_here.settled = 0;
    own = NULL;
    set_ready(NULL);
}
