#include "shards.h"

bool toka_shards_init(toka_shard shards[TOKA_SHARDS])
{
    for (unsigned i = 0; i < TOKA_SHARDS; i++) {
        shards[i].table = (toka_table){0};
        toka_list_init(&shards[i].entries);
        toka_shard_note_last(&shards[i]);
        if (pthread_mutex_init(&shards[i].lock, NULL) != 0) {
            while (i-- > 0)
                pthread_mutex_destroy(&shards[i].lock);
            return false;
        }
    }
    return true;
}

void toka_shards_destroy(toka_shard shards[TOKA_SHARDS])
{
    for (unsigned i = 0; i < TOKA_SHARDS; i++)
        pthread_mutex_destroy(&shards[i].lock);
}

void toka_shard_insert(toka_shard *shard, toka_shard_entry *entry)
{
    toka_table_insert(&shard->table, &entry->node);
    toka_list_push_front(&shard->entries, &entry->link);
    entry->used = toka_clock_ticks();
    toka_shard_note_last(shard);
}

void toka_shard_remove(toka_shard *shard, toka_shard_entry *entry)
{
    toka_table_remove(&shard->table, &entry->node);
    toka_list_remove(&entry->link);
    toka_shard_note_last(shard);
}

static toka_shard *shards_oldest(toka_shard shards[TOKA_SHARDS], uint64_t *ret_used)
{
    toka_shard *oldest = NULL;

    *ret_used = UINT64_MAX;
    for (unsigned i = 0; i < TOKA_SHARDS; i++) {
        uint64_t used = atomic_load_explicit(&shards[i].last, memory_order_relaxed);

        if (used < *ret_used) {
            *ret_used = used;
            oldest = &shards[i];
        }
    }
    return oldest;
}

toka_shard *toka_shards_lock_oldest(toka_shard shards[TOKA_SHARDS])
{
    uint64_t used = 0;

    for (;;) {
        toka_shard *oldest = shards_oldest(shards, &used);

        if (!oldest)
            return NULL;
        pthread_mutex_lock(&oldest->lock);
        /* Another thread may have used that entry, or taken it out, since it was seen. */
        if (atomic_load_explicit(&oldest->last, memory_order_relaxed) == used)
            return oldest;
        pthread_mutex_unlock(&oldest->lock);
    }
}
