#include "probe/thread.h"

#include "probe/counting.h"
#include "probe/faults.h"
#include "probe/locks.h"
#include "probe/real.h"
#include "record/assert.h"
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static struct {
    hg_record record;
    hg_thread *_Atomic all; /* published whole; the list only grows, at its head */
    pthread_key_t end;
    pthread_t main;
} threads;

void (*hg_thread_ended)(void);

extern void *__libc_stack_end; /* the dynamic linker's: where the main thread's stack begins to grow */

static void give_back(void *ours)
{
    hg_thread *thread = ours;
    hg_thread_ended();
    hg_lock_take(HG_LOCK_THREADS);
    thread->taken = false;
    hg_lock_give_back(HG_LOCK_THREADS);
}

int hg_thread_start(const hg_record *record)
{
    threads.record = *record;
    threads.main = pthread_self();
    return pthread_key_create(&threads.end, give_back);
}

/* What the parent's threads had is copied memory, and left alone. */
void hg_thread_reset(const hg_record *record)
{
    threads.record = *record;
    atomic_store(&threads.all, NULL);
}

/* Counts in a shard of the class from now on; what was counted in another stays there. */
static void use_class(hg_thread *thread, uint32_t shard_class)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_THREADS));
    hg_record_shard *shard = thread->shards[shard_class];
    if (!shard)
        shard = hg_record_add_shard(&threads.record, shard_class, false);
    memset(thread->rows, 0, sizeof thread->rows);
    thread->shards[shard_class] = thread->shard = shard;
    thread->shard_class = shard_class;
    thread->shared = shard == NULL;
    thread->contexts = shard ? hg_shard_contexts(shard_class) : 0;
}

/* One more, with counters of its own while there are any; the caller holds the lock. */
static hg_thread *make(void)
{
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_THREADS));
    hg_thread *made =
        mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made == MAP_FAILED)
        return NULL;
    hg_counting_note_own(made, sizeof *made);
    if (!hg_faults_private)
        madvise(made, sizeof *made, MADV_WIPEONFORK);
    use_class(made, 0);
    made->next = atomic_load(&threads.all);
    atomic_store(&threads.all, made);
    return made;
}

void hg_thread_enlarge(hg_thread *thread, uint32_t context)
{
    uint32_t wanted = thread->shard_class;
    while (context >= hg_shard_contexts(wanted))
        wanted++;
    hg_lock_take(HG_LOCK_THREADS);
    use_class(thread, wanted);
    hg_lock_give_back(HG_LOCK_THREADS);
}

/*
 * pthread_getattr_np would open a file for the main thread, and allocates for every other. A forked child may
 * run on the stack of any.
 */
static void find_stack(uintptr_t *ret_begin, uintptr_t *ret_end)
{
    *ret_begin = *ret_end = 0;
    if (pthread_equal(pthread_self(), threads.main)) {
        struct rlimit limit;
        uintptr_t most = (uintptr_t)1 << 30;
        if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < most)
            most = limit.rlim_cur;
        *ret_end = (uintptr_t)__libc_stack_end;
        *ret_begin = *ret_end - most;
        return;
    }
    pthread_attr_t attributes;
    if (hg_real_allocator.getattr_np(pthread_self(), &attributes) != 0)
        return;
    void *begin;
    size_t size;
    if (pthread_attr_getstack(&attributes, &begin, &size) == 0) {
        *ret_begin = (uintptr_t)begin;
        *ret_end = (uintptr_t)begin + size;
    }
    pthread_attr_destroy(&attributes);
}

void hg_thread_find_stack(hg_thread *thread)
{
    uintptr_t begin, end;
    find_stack(&begin, &end);
    /* Lines lead to slots of one stack. A thread on the stack of the one before may use them. */
    if (begin != thread->lines_begin || end != thread->lines_end)
        memset(thread->lines, 0, sizeof thread->lines);
    thread->lines_begin = begin;
    thread->lines_end = end;
    thread->stack_begin = begin;
    thread->stack_end = end;
    thread->knows_stack = true;
}

hg_thread *hg_thread_take(void)
{
    hg_lock_take(HG_LOCK_THREADS);
    hg_thread *found = atomic_load(&threads.all);
    while (found && found->taken)
        found = found->next;
    if (!found)
        found = make();
    if (found)
        found->taken = true;
    hg_lock_give_back(HG_LOCK_THREADS);
    if (!found)
        return NULL;
    found->stack_begin = found->stack_end = 0;
    found->knows_stack = false;
    if (pthread_equal(pthread_self(), threads.main))
        hg_thread_find_stack(found);
    if (pthread_setspecific(threads.end, found) == 0)
        return found;
    give_back(found);
    return NULL;
}

hg_record_live hg_thread_live(void)
{
    uint64_t blocks = 0;
    uint64_t bytes = 0;
    for (const hg_thread *thread = atomic_load(&threads.all); thread; thread = thread->next) {
        blocks += atomic_load_explicit(&thread->live_blocks, memory_order_relaxed);
        bytes += atomic_load_explicit(&thread->live_bytes, memory_order_relaxed);
    }
    return (hg_record_live){.blocks = (int64_t)blocks, .bytes = (int64_t)bytes};
}

size_t hg_thread_stacks(hg_stack_bounds *ret_stacks, size_t most)
{
    size_t count = 0;
    HG_PROBE_ASSERT(hg_lock_is_held(HG_LOCK_THREADS));
    for (const hg_thread *thread = atomic_load(&threads.all); thread && count < most; thread = thread->next)
        if (thread->taken && thread->stack_begin != 0)
            ret_stacks[count++] = (hg_stack_bounds){thread->stack_begin, thread->stack_end};
    return count;
}

/* Only first_address is written, at once: threads may be at it, with keys of other stacks. */
void hg_thread_forget_lines(void)
{
    hg_lock_take(HG_LOCK_THREADS);
    for (hg_thread *thread = atomic_load(&threads.all); thread; thread = thread->next)
        for (hg_line *line = thread->lines; line < thread->lines + HG_LINES; line++)
            if (__atomic_load_n(&line->first_address, __ATOMIC_RELAXED) != 0)
                __atomic_store_n(&line->first_address, 0, __ATOMIC_RELAXED);
    hg_lock_give_back(HG_LOCK_THREADS);
}

void hg_thread_forget_rows(void)
{
    hg_lock_take(HG_LOCK_THREADS);
    for (hg_thread *thread = atomic_load(&threads.all); thread; thread = thread->next) {
        for (size_t i = 0; i < (size_t)1 << HG_TAG_EPOCH_BITS; i++)
            __atomic_store_n(&thread->rows[i], NULL, __ATOMIC_RELAXED);
        atomic_store(&thread->live_blocks, 0);
        atomic_store(&thread->live_bytes, 0);
    }
    hg_lock_give_back(HG_LOCK_THREADS);
}

static hg_record_tally *use_row(hg_record_shard *shard, uint32_t shard_class, uint32_t epoch)
{
    HG_PROBE_ASSERT(epoch < threads.record.epochs);
    atomic_store_explicit(&shard->in_use[epoch], 1, memory_order_release);
    return shard->tallies + (size_t)epoch * hg_shard_contexts(shard_class);
}

hg_record_tally *hg_thread_row(hg_thread *thread, uint32_t epoch)
{
    HG_PROBE_ASSERT(!thread->shared && thread->taken);
    thread->rows[epoch] = use_row(thread->shard, thread->shard_class, epoch);
    return thread->rows[epoch];
}

hg_record_tally *hg_thread_common_tally(uint32_t context, uint32_t epoch)
{
    uint32_t shard_class = 0;
    while (context >= hg_shard_contexts(shard_class))
        shard_class++;
    hg_record_shard *shard = hg_record_shard_at(&threads.record, shard_class, 0);
    if (!shard) {
        hg_lock_take(HG_LOCK_THREADS);
        shard = hg_record_add_shard(&threads.record, shard_class, true);
        hg_lock_give_back(HG_LOCK_THREADS);
    }
    return shard ? use_row(shard, shard_class, epoch) + context : NULL;
}
