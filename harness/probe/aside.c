#include "probe/aside.h"

#include "probe/counting.h"
#include "record/assert.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PLACES = 8, FIRST_BUCKETS = 32, MOST_LEVELS = 24 };

typedef struct bucket {
    _Alignas(64) _Atomic uintptr_t block[PLACES]; /* 0: free */
    hg_tag tag[PLACES];
} bucket;

static bucket first_level[FIRST_BUCKETS];
static bucket *_Atomic levels[MOST_LEVELS] = {first_level};
static _Atomic uint32_t level_count = 1;

static size_t buckets_of(uint32_t level)
{
    return (size_t)FIRST_BUCKETS << level;
}

/* The block's bucket in a level; other blocks meet there than in other levels. */
static bucket *bucket_of(uintptr_t block, uint32_t level)
{
    uint64_t hash = ((uint64_t)block + level) * 0x9fb21c651e98df25u;
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
    return atomic_load_explicit(&levels[level], memory_order_acquire) +
           (hash >> 32 & (buckets_of(level) - 1));
}

static int place_of(const bucket *found, uintptr_t wanted)
{
    for (int i = 0; i < PLACES; i++)
        if (atomic_load_explicit(&found->block[i], memory_order_relaxed) == wanted)
            return i;
    return -1;
}

/* Most blocks are in the last level, which is as large as all others. */
static bucket *find(uintptr_t block, int *ret_place)
{
    for (uint32_t level = atomic_load_explicit(&level_count, memory_order_acquire); level-- > 0;) {
        bucket *found = bucket_of(block, level);
        *ret_place = place_of(found, block);
        if (*ret_place >= 0)
            return found;
    }
    return NULL;
}

/* One of several threads at once makes it. False if there is no memory. */
static bool add_level(uint32_t count)
{
    bucket *none = NULL;
    size_t bytes = buckets_of(count) * sizeof(bucket);
    if (count == MOST_LEVELS)
        return false;
    if (!atomic_load(&levels[count])) {
        /* Past the probe, which would count it. */
        bucket *made = (bucket *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
        if ((void *)made == MAP_FAILED)
            return false;
        if (!atomic_compare_exchange_strong(&levels[count], &none, made))
            syscall(SYS_munmap, made, bytes);
        else
            hg_counting_note_own(made, bytes);
    }
    atomic_compare_exchange_strong(&level_count, &count, count + 1);
    return true;
}

static bool put_into(bucket *target, uintptr_t block, hg_tag tag)
{
    for (int i = 0; i < PLACES; i++) {
        uintptr_t nobody = 0;
        if (atomic_load_explicit(&target->block[i], memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&target->block[i], &nobody, block)) {
            target->tag[i] = tag;
            return true;
        }
    }
    return false;
}

bool hg_aside_put(const void *block, hg_tag tag)
{
    uint32_t count;
    HG_PROBE_ASSERT(block != NULL);
    do {
        count = atomic_load_explicit(&level_count, memory_order_acquire);
        for (uint32_t level = count; level-- > 0;)
            if (put_into(bucket_of((uintptr_t)block, level), (uintptr_t)block, tag))
                return true;
    } while (add_level(count));
    return false;
}

bool hg_aside_find(const void *block, hg_tag *ret_tag)
{
    int place;
    const bucket *found = find((uintptr_t)block, &place);
    if (found)
        *ret_tag = found->tag[place];
    return found != NULL;
}

bool hg_aside_take(const void *block, hg_tag *ret_tag)
{
    int place;
    bucket *found = find((uintptr_t)block, &place);
    if (!found)
        return false;
    *ret_tag = found->tag[place];
    atomic_store_explicit(&found->block[place], 0, memory_order_release);
    return true;
}

void hg_aside_take_between(uintptr_t begin, uintptr_t last, void (*tell)(hg_tag tag))
{
    for (uint32_t level = atomic_load_explicit(&level_count, memory_order_acquire); level-- > 0;) {
        bucket *buckets = atomic_load_explicit(&levels[level], memory_order_acquire);
        for (size_t i = 0; i < buckets_of(level) * PLACES; i++) {
            bucket *found = &buckets[i / PLACES];
            uintptr_t block = atomic_load_explicit(&found->block[i % PLACES], memory_order_relaxed);
            if (block < begin || block > last)
                continue;
            hg_tag tag = found->tag[i % PLACES];
            atomic_store_explicit(&found->block[i % PLACES], 0, memory_order_release);
            tell(tag);
        }
    }
}

void hg_aside_reset(void)
{
    memset(first_level, 0, sizeof first_level);
    for (uint32_t level = 1; level < atomic_load(&level_count); level++)
        madvise(atomic_load(&levels[level]), buckets_of(level) * sizeof(bucket), MADV_DONTNEED);
}
