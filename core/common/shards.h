/*
 * Entries in the order of their use, divided by their hash into shards with a lock each: threads that use
 * different entries do not wait for each other, nor for a cache line.
 *
 * Each use has a number, the processor's time stamp. Within a shard entries are ordered by their last use; of
 * all shards, the least recently used entry is the oldest of their last ones. So what goes first is what a
 * list of all entries would let go, as far as uses have an order: of two at the same moment, on two
 * processors, either may count as the earlier.
 *
 * The lock of a shard guards its table, its list and its entries. Locks of two shards are held only by who
 * holds all of them, taken in order.
 */
#ifndef TOKA_SHARDS_H
#define TOKA_SHARDS_H

#include "clock.h"
#include "list.h"
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define TOKA_SHARD_BITS 4u
#define TOKA_SHARDS     (1u << TOKA_SHARD_BITS)

typedef struct toka_shard_entry {
    toka_table_node node; /* its hash is set by the owner */
    toka_list link;
    uint64_t used; /* number of the last use */
} toka_shard_entry;

typedef struct toka_shard {
    pthread_mutex_t lock;
    toka_table table;  /* entries by their hash */
    toka_list entries; /* the most recently used first */
    _Atomic uint64_t
        last;       /* when the last of them was used; UINT64_MAX without any. Read without the lock. */
    char apart[64]; /* from the next one's lock */
} toka_shard;

/*
 * Adds to a count that must not pass its limit; false, with nothing added, where it would. What is counted
 * may come later: a place is reserved for it.
 */
static inline bool toka_reserve(atomic_size_t *count, size_t more, size_t limit)
{
    size_t now = atomic_load_explicit(count, memory_order_relaxed);

    while (now <= limit && more <= limit - now)
        if (atomic_compare_exchange_weak_explicit(count, &now, now + more, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

/* False when a lock cannot be had; then there is nothing to destroy. */
bool toka_shards_init(toka_shard shards[TOKA_SHARDS]);
/* The shards must be empty. */
void toka_shards_destroy(toka_shard shards[TOKA_SHARDS]);

/* The shard of a hash, locked. The table goes by the low bits. */
static inline toka_shard *toka_shards_lock(toka_shard shards[TOKA_SHARDS], uint64_t hash)
{
    toka_shard *shard = &shards[hash >> (64 - TOKA_SHARD_BITS)];

    pthread_mutex_lock(&shard->lock);
    return shard;
}

static inline void toka_shard_unlock(toka_shard *shard)
{
    pthread_mutex_unlock(&shard->lock);
}

void toka_shard_insert(toka_shard *shard, toka_shard_entry *entry);
void toka_shard_remove(toka_shard *shard, toka_shard_entry *entry);

/* The least recently used entry of a shard, which must have one. */
static inline toka_shard_entry *toka_shard_oldest(const toka_shard *shard)
{
    return TOKA_CONTAINER_OF(shard->entries.prev, toka_shard_entry, link);
}

/* Kept with every change, so that who looks for the oldest entry of all takes one lock only. */
static inline void toka_shard_note_last(toka_shard *shard)
{
    uint64_t last = toka_list_is_empty(&shard->entries) ? UINT64_MAX : toka_shard_oldest(shard)->used;

    atomic_store_explicit(&shard->last, last, memory_order_relaxed);
}

static inline void toka_shard_use(toka_shard *shard, toka_shard_entry *entry)
{
    toka_list_move_front(&shard->entries, &entry->link);
    entry->used = toka_clock_ticks();
    toka_shard_note_last(shard);
}

/* The shard with the least recently used entry of all, locked; NULL when there is no entry. */
toka_shard *toka_shards_lock_oldest(toka_shard shards[TOKA_SHARDS]);

#endif
