#include "probe.h"

#include "context.h"
#include "real.h"
#include "tag.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

/* What one thread counted for one context and birth epoch. Only ever grows; live is the difference. */
typedef struct tally {
    _Atomic uint64_t allocated_blocks, allocated_bytes, freed_blocks, freed_bytes;
} tally;

typedef struct thread_shard {
    struct thread_shard *next; /* of all shards */
    bool taken;
    uintptr_t stack_begin, stack_end;
    hg_walk walk;
    tally tallies[]; /* [epoch][context] */
} thread_shard;

static struct {
    bool active;
    _Atomic uint32_t epoch;
    uint32_t epochs;
    uint64_t secret;
    hg_record record;
    thread_shard *common; /* added to atomically, by whoever has no shard */
    thread_shard *shards; /* all others */
    pthread_mutex_t lock; /* of the list and of taken */
    pthread_key_t thread_end;
} probe = {.lock = PTHREAD_MUTEX_INITIALIZER};

/*
 * Thread-local state. busy is volatile: libc functions declared leaf let the compiler assume that they do not
 * come back here, and drop the store before them.
 */
static __thread thread_shard *own_shard;
static __thread volatile bool busy;
static __thread bool past_end;

extern void *__libc_stack_end; /* the dynamic linker's: where the main thread's stack begins to grow */

static thread_shard *map_shard(void)
{
    size_t bytes = sizeof(thread_shard) + (size_t)HG_MAX_CONTEXTS * probe.epochs * sizeof(tally);
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void release_shard(void *ours)
{
    past_end = true;
    own_shard = NULL;
    pthread_mutex_lock(&probe.lock);
    ((thread_shard *)ours)->taken = false;
    pthread_mutex_unlock(&probe.lock);
}

static thread_shard *take_shard(void)
{
    pthread_mutex_lock(&probe.lock);
    thread_shard *found = probe.shards;
    while (found && found->taken)
        found = found->next;
    if (!found) {
        found = map_shard();
        if (found) {
            found->next = probe.shards;
            probe.shards = found;
        }
    }
    if (found)
        found->taken = true;
    pthread_mutex_unlock(&probe.lock);
    return found;
}

/* pthread_getattr_np would open a file for the main thread, and allocates for every other. */
static void find_stack(thread_shard *shard)
{
    shard->stack_begin = shard->stack_end = 0;
    if (gettid() == getpid()) {
        struct rlimit limit;
        uintptr_t most = (uintptr_t)1 << 30;
        if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < most)
            most = limit.rlim_cur;
        shard->stack_end = (uintptr_t)__libc_stack_end;
        shard->stack_begin = shard->stack_end - most;
        return;
    }
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    void *begin;
    size_t size;
    if (pthread_attr_getstack(&attributes, &begin, &size) == 0) {
        shard->stack_begin = (uintptr_t)begin;
        shard->stack_end = (uintptr_t)begin + size;
    }
    pthread_attr_destroy(&attributes);
}

/* This thread's shard, NULL when it has none. The first call of a thread allocates, hence busy. */
static thread_shard *get_shard(void)
{
    if (__builtin_expect(own_shard != NULL, 1))
        return own_shard;
    if (past_end || busy)
        return NULL;
    busy = true;
    int saved_errno = errno;
    thread_shard *taken = take_shard();
    if (taken) {
        find_stack(taken);
        if (pthread_setspecific(probe.thread_end, taken) == 0)
            own_shard = taken;
        else
            release_shard(taken);
    }
    errno = saved_errno;
    busy = false;
    return own_shard;
}

static void add(_Atomic uint64_t *counter, uint64_t value, bool shared)
{
    if (shared)
        atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
    else
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + value,
                              memory_order_relaxed);
}

/* The tallies of one epoch lie together: what is counted now is dense, and stays in the processor's caches.
 */
static size_t tally_index(uint32_t context, uint32_t epoch)
{
    return (size_t)epoch * HG_MAX_CONTEXTS + context;
}

static void count_allocation(thread_shard *own, const hg_tag *tag)
{
    thread_shard *target = own ? own : probe.common;
    tally *tally_of = &target->tallies[tally_index(tag->context, tag->epoch)];
    add(&tally_of->allocated_blocks, 1, !own);
    add(&tally_of->allocated_bytes, tag->requested, !own);
}

static void count_free(thread_shard *own, const hg_tag *tag)
{
    thread_shard *target = own ? own : probe.common;
    tally *tally_of = &target->tallies[tally_index(tag->context, tag->epoch)];
    add(&tally_of->freed_blocks, 1, !own);
    add(&tally_of->freed_bytes, tag->requested, !own);
}

/* A thread without a shard knows no bounds of its stack: it walks every time, with a scratch of its own. */
static __attribute__((noinline)) uint32_t context_without_shard(hg_caller caller)
{
    hg_walk walk;
    return hg_context_of(caller, 0, 0, &walk);
}

static void *enter_block(void *block, size_t requested, hg_caller caller)
{
    /* No room that is known, no tag: realloc to size 0 asked for none, and tcmalloc says 0 until its
     * constructors have run. */
    size_t usable = hg_real_allocator.usable_size(block);
    if (usable < requested + HG_TAG_BYTES)
        return block;
    thread_shard *own = get_shard();
    busy = true;
    hg_tag tag = {
        .context = own ? hg_context_of(caller, own->stack_begin, own->stack_end, &own->walk)
                       : context_without_shard(caller),
        .epoch = atomic_load_explicit(&probe.epoch, memory_order_relaxed),
        .requested = requested,
    };
    busy = false;
    hg_tag_write(block, usable, tag, probe.secret);
    count_allocation(own, &tag);
    return block;
}

/* Room for the tag; a size that overflows is left for the real allocator to refuse. */
static size_t with_tag(size_t size)
{
    return size <= PTRDIFF_MAX - HG_TAG_BYTES ? size + HG_TAG_BYTES : size;
}

static bool instrumented(void)
{
    return probe.active && !busy;
}

void *hg_probe_malloc(size_t size, hg_caller caller)
{
    if (!hg_real_resolve())
        return hg_real_arena_alloc(size, 0);
    if (!instrumented())
        return hg_real_allocator.malloc(size);
    void *block = hg_real_allocator.malloc(with_tag(size));
    return block ? enter_block(block, size, caller) : NULL;
}

void *hg_probe_calloc(size_t count, size_t size, hg_caller caller)
{
    size_t bytes;
    bool overflow = __builtin_mul_overflow(count, size, &bytes);
    if (!hg_real_resolve())
        return overflow ? NULL : hg_real_arena_alloc(bytes, 0);
    if (!instrumented() || overflow)
        return hg_real_allocator.calloc(count, size);
    void *block = hg_real_allocator.calloc(1, with_tag(bytes));
    return block ? enter_block(block, bytes, caller) : NULL;
}

void *hg_probe_aligned(void *(*allocate)(size_t, size_t), size_t alignment, size_t size, hg_caller caller)
{
    if (!instrumented())
        return allocate(alignment, size);
    void *block = allocate(alignment, with_tag(size));
    return block ? enter_block(block, size, caller) : NULL;
}

int hg_probe_posix_memalign(void **ret_block, size_t alignment, size_t size, hg_caller caller)
{
    if (!hg_real_resolve())
        return ENOMEM;
    if (!instrumented())
        return hg_real_allocator.posix_memalign(ret_block, alignment, size);
    void *block;
    int status = hg_real_allocator.posix_memalign(&block, alignment, with_tag(size));
    if (status == 0)
        *ret_block = enter_block(block, size, caller);
    return status;
}

void hg_probe_free(void *block)
{
    if (!block || hg_real_in_arena(block))
        return;
    if (!hg_real_resolve())
        return;
    if (probe.active) {
        hg_tag tag;
        size_t usable = hg_real_allocator.usable_size(block);
        if (hg_tag_read(block, usable, &tag, probe.secret)) {
            hg_tag_wipe(block, usable);
            count_free(get_shard(), &tag);
        } else if (!busy) {
            atomic_fetch_add_explicit(&probe.record.header->untagged_frees, 1, memory_order_relaxed);
        }
    }
    hg_real_allocator.free(block);
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
    if (!instrumented())
        return hg_real_allocator.realloc(block, size);
    hg_tag old;
    size_t usable = hg_real_allocator.usable_size(block);
    bool tagged = hg_tag_read(block, usable, &old, probe.secret);
    if (tagged)
        hg_tag_wipe(block, usable);
    /* Size 0 frees or shrinks, as the real allocator has it; it must see the 0. */
    void *moved = hg_real_allocator.realloc(block, size ? with_tag(size) : 0);
    if (!moved && size) {
        if (tagged)
            hg_tag_write(block, usable, old, probe.secret);
        return NULL;
    }
    if (tagged)
        count_free(get_shard(), &old);
    return moved ? enter_block(moved, size, caller) : NULL;
}

size_t hg_probe_usable_size(void *block)
{
    if (!block || hg_real_in_arena(block) || !hg_real_resolve())
        return 0;
    size_t usable = hg_real_allocator.usable_size(block);
    hg_tag tag;
    if (probe.active && hg_tag_read(block, usable, &tag, probe.secret))
        return hg_tag_usable(usable, &tag);
    return usable;
}

void hg_probe_code_unloaded(void)
{
    hg_context_new_generation();
}

/* fork: the child keeps its heap but counts nothing; a record has one writer. */
static void before_fork(void)
{
    pthread_mutex_lock(&probe.lock);
    hg_context_lock();
}

static void after_fork_in_parent(void)
{
    hg_context_unlock();
    pthread_mutex_unlock(&probe.lock);
}

static void after_fork_in_child(void)
{
    probe.active = false;
    after_fork_in_parent();
}

static bool fail(char *message, size_t size, const char *what, int error)
{
    snprintf(message, size, "%s%s%s", what, error ? ": " : "", error ? strerror(error) : "");
    return false;
}

/*
 * tcmalloc makes an object with operator new when it is first asked for the size of a block. Counted, that
 * block would ask for its size in turn, without end; so the question comes once before counting begins.
 */
static void settle_allocator(void)
{
    void *block = hg_real_allocator.malloc(1);
    if (block)
        hg_real_allocator.usable_size(block);
    hg_real_allocator.free(block);
}

bool hg_probe_attach(const char *record_path, char *ret_message, size_t message_size)
{
    if (!hg_real_resolve())
        return fail(ret_message, message_size, "the allocator's functions were not found", 0);
    int status = hg_record_open(record_path, &probe.record);
    if (status < 0)
        return fail(ret_message, message_size, "cannot open the record", -status);
    probe.epochs = probe.record.header->epochs;
    int32_t nobody = 0;
    if (!atomic_compare_exchange_strong(&probe.record.header->owner, &nobody, (int32_t)getpid()))
        return fail(ret_message, message_size, "the record belongs to another process", 0);
    probe.common = map_shard();
    if (!probe.common || !hg_context_start(&probe.record))
        return fail(ret_message, message_size, "no address space for the counters", ENOMEM);
    if (getrandom(&probe.secret, sizeof probe.secret, GRND_NONBLOCK) != (ssize_t)sizeof probe.secret)
        probe.secret = (uintptr_t)&nobody ^ (uintptr_t)probe.common;
    int error = pthread_key_create(&probe.thread_end, release_shard);
    if (error == 0)
        error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    if (error != 0)
        return fail(ret_message, message_size, "cannot follow threads and forks", error);
    settle_allocator();
    probe.active = true;
    return true;
}

bool heapgate_probe_attached(void)
{
    return probe.active;
}

uint32_t heapgate_probe_context(void *block)
{
    hg_tag tag;
    if (!probe.active || !block || hg_real_in_arena(block) ||
        !hg_tag_read(block, hg_real_allocator.usable_size(block), &tag, probe.secret))
        return HG_CONTEXT_NONE;
    return tag.context;
}

static void sum_up(const thread_shard *shard, size_t index, hg_record_live *live, uint64_t *allocations)
{
    const tally *tally_of = &shard->tallies[index];
    uint64_t allocated = atomic_load_explicit(&tally_of->allocated_blocks, memory_order_relaxed);
    if (allocated == 0 && atomic_load_explicit(&tally_of->freed_blocks, memory_order_relaxed) == 0)
        return;
    *allocations += allocated;
    live->blocks +=
        (int64_t)(allocated - atomic_load_explicit(&tally_of->freed_blocks, memory_order_relaxed));
    live->bytes += (int64_t)(atomic_load_explicit(&tally_of->allocated_bytes, memory_order_relaxed) -
                             atomic_load_explicit(&tally_of->freed_bytes, memory_order_relaxed));
}

int64_t heapgate_probe_checkpoint(void)
{
    hg_record_header *header = probe.record.header;
    uint32_t now = atomic_load(&probe.epoch);
    if (!probe.active || now >= probe.epochs)
        return -1;
    uint64_t allocations = 0;
    pthread_mutex_lock(&probe.lock);
    uint32_t contexts = atomic_load(&header->contexts);
    for (uint32_t context = 0; context < contexts; context++) {
        hg_record_live *row = hg_record_live_row(&probe.record, context, now);
        for (uint32_t epoch = 0; epoch <= now; epoch++) {
            size_t index = tally_index(context, epoch);
            hg_record_live live = {0};
            sum_up(probe.common, index, &live, &allocations);
            for (const thread_shard *shard = probe.shards; shard; shard = shard->next)
                sum_up(shard, index, &live, &allocations);
            if (live.blocks == 0 && live.bytes == 0)
                continue;
            row[epoch] = live;
            probe.record.contexts[context].flags |= HG_CONTEXT_LIVE;
        }
    }
    pthread_mutex_unlock(&probe.lock);
    /* The last epoch takes what comes after the last checkpoint. */
    if (now + 1 < probe.epochs)
        atomic_store(&probe.epoch, now + 1);
    return (int64_t)allocations;
}
