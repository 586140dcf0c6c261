/*
 * The registry with Toka's leak fixed. In this file, `diff -u ../before ../after` shows:
 *   1. handlers can be taken out: unregister, clear, and a sweep of those not used for a while;
 *   2. there is a limit, and the least recently used handler makes room;
 *   3. handlers are divided into shards with a lock each, so that dispatches on several threads do not wait
 * for each other.
 */
#include "clock.h"
#include "meters.h"
#include "recording.h"
#include "shards.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <toka/registry.h>
#include <xxhash.h>

/* Counted references: the registry holds one, every running dispatch another, and the last destroys the
 * handler. */
typedef struct registry_entry {
    toka_shard_entry in_shard;
    toka_handler handler;
    atomic_size_t references;
    uint64_t used_ms;
    size_t tag_size; /* without the NUL */
    char tag[];
} registry_entry;

static struct {
    toka_shard shards[TOKA_SHARDS];
    atomic_size_t count, limit; /* of handlers; who registers one counts it first */
    toka_clock_fn clock;        /* read under the lock of any shard, changed under those of all */
    void *clock_data;
} registry = {
    .limit = TOKA_REGISTRY_DEFAULT_LIMIT,
    .clock = toka_clock_monotonic_ms,
};

static void registry_show_limit(void)
{
    toka_meter_set(TOKA_METER_registry_limit, toka_meter_limit(registry.limit));
}

static __attribute__((constructor)) void registry_begin(void)
{
    if (!toka_shards_init(registry.shards))
        abort(); /* as it is no more than memory that is there already, it cannot fail */
    registry_show_limit();
}

static toka_status registry_measure_tag(const char *tag, size_t *ret_size)
{
    size_t size = tag ? strnlen(tag, TOKA_REGISTRY_MAX_TAG_BYTES + 1) : 0;

    if (size == 0)
        return TOKA_E_ARGUMENT;
    if (size > TOKA_REGISTRY_MAX_TAG_BYTES)
        return TOKA_E_TOO_LARGE;
    *ret_size = size;
    return TOKA_OK;
}

static registry_entry *registry_entry_new(const char *tag, size_t tag_size, toka_handler handler)
{
    registry_entry *entry = malloc(sizeof *entry + tag_size + 1);

    if (!entry)
        return NULL;
    *entry = (registry_entry){
        .in_shard.node.hash = XXH3_64bits(tag, tag_size), .handler = handler, .tag_size = tag_size};
    atomic_init(&entry->references, 1);
    memcpy(entry->tag, tag, tag_size + 1);
    return entry;
}

/* Called without the lock: destroy may call the registry. */
static void registry_entry_unref(registry_entry *entry)
{
    if (!entry || atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) > 1)
        return;
    if (entry->handler.destroy)
        entry->handler.destroy(entry->handler.user_data);
    free(entry);
}

static void registry_unref_list(toka_list *entries)
{
    while (!toka_list_is_empty(entries)) {
        toka_list *link = toka_list_pop_front(entries);

        registry_entry_unref(TOKA_CONTAINER_OF(link, registry_entry, in_shard.link));
    }
}

static registry_entry *registry_find(const toka_shard *shard, const char *tag, size_t tag_size, uint64_t hash)
{
    for (toka_table_node *node = toka_table_find(&shard->table, hash); node;
         node = toka_table_find_next(node)) {
        registry_entry *entry = TOKA_CONTAINER_OF(node, registry_entry, in_shard.node);

        if (entry->tag_size == tag_size && memcmp(entry->tag, tag, tag_size) == 0)
            return entry;
    }
    return NULL;
}

/* change: 1, or -1. */
static void registry_count(const registry_entry *entry, int change)
{
    uint64_t bytes = sizeof *entry + entry->tag_size + 1;

    toka_meter_add(TOKA_METER_registry_handlers, (uint64_t)change);
    toka_meter_add(TOKA_METER_registry_bytes, (uint64_t)change * bytes);
}

static void registry_insert(toka_shard *shard, registry_entry *entry)
{
    toka_shard_insert(shard, &entry->in_shard);
    registry_count(entry, 1);
    entry->used_ms = registry.clock(registry.clock_data);
}

static void registry_touch(toka_shard *shard, registry_entry *entry)
{
    toka_shard_use(shard, &entry->in_shard);
    entry->used_ms = registry.clock(registry.clock_data);
}

/* Moves an entry, and the registry's reference to it, to a list that is dropped once the lock is released. */
static void registry_remove(toka_shard *shard, registry_entry *entry, toka_list *removed)
{
    toka_shard_remove(shard, &entry->in_shard);
    registry_count(entry, -1);
    toka_list_push_front(removed, &entry->in_shard.link);
}

static registry_entry *registry_oldest(const toka_shard *shard)
{
    return TOKA_CONTAINER_OF(toka_shard_oldest(shard), registry_entry, in_shard);
}

/* False where there is nothing to evict. Called without a lock. */
static bool registry_evict(toka_list *removed)
{
    toka_shard *shard = toka_shards_lock_oldest(registry.shards);

    if (!shard)
        return false;
    registry_remove(shard, registry_oldest(shard), removed);
    registry.count--;
    toka_shard_unlock(shard);
    return true;
}

static void registry_shrink(toka_list *removed)
{
    while (registry.count > registry.limit && registry_evict(removed))
        continue;
}

/* Inserts in place of the handler with the same tag, or where there is room: false where there is neither. */
static bool registry_put(registry_entry *entry, bool counted, toka_list *removed)
{
    uint64_t hash = entry->in_shard.node.hash;
    toka_shard *shard = toka_shards_lock(registry.shards, hash);
    registry_entry *replaced = registry_find(shard, entry->tag, entry->tag_size, hash);
    bool put = replaced || counted || toka_reserve(&registry.count, 1, registry.limit);

    if (replaced)
        registry_remove(shard, replaced, removed);
    if (put)
        registry_insert(shard, entry);
    toka_shard_unlock(shard);
    if (replaced && counted)
        registry.count--;
    return put;
}

/* Where other threads have counted all that there may be and not put it yet, the limit is passed for a
 * moment. */
static void registry_put_with_room(registry_entry *entry, toka_list *removed)
{
    if (registry_put(entry, false, removed))
        return;
    while (!toka_reserve(&registry.count, 1, registry.limit)) {
        if (!registry_evict(removed)) {
            registry.count++;
            break;
        }
    }
    registry_put(entry, true, removed);
    registry_shrink(removed);
}

toka_status toka_registry_register(const char *tag, toka_handler handler)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *entry = NULL;
    toka_list removed = TOKA_LIST_EMPTY(removed);

    if (status)
        return status;
    if (!handler.run)
        return TOKA_E_ARGUMENT;
    TOKA_RECORD(register, tag);
    entry = registry_entry_new(tag, tag_size, handler);
    if (!entry)
        return TOKA_E_NO_MEMORY;
    registry_put_with_room(entry, &removed);
    registry_unref_list(&removed);
    toka_meter_op(TOKA_METER_registrations);
    return TOKA_OK;
}

toka_status toka_registry_unregister(const char *tag)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    toka_list removed = TOKA_LIST_EMPTY(removed);
    registry_entry *entry = NULL;
    toka_shard *shard = NULL;
    uint64_t hash = 0;

    if (status)
        return status;
    TOKA_RECORD(unregister, tag);
    hash = XXH3_64bits(tag, tag_size);
    shard = toka_shards_lock(registry.shards, hash);
    entry = registry_find(shard, tag, tag_size, hash);
    status = entry ? TOKA_OK : TOKA_E_NOT_FOUND;
    if (entry) {
        registry_remove(shard, entry, &removed);
        registry.count--;
    }
    toka_shard_unlock(shard);
    registry_unref_list(&removed);
    if (!status)
        toka_meter_op(TOKA_METER_unregistrations);
    return status;
}

toka_status toka_registry_dispatch(const char *tag, toka_text payload)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *entry = NULL;
    toka_shard *shard = NULL;
    uint64_t hash = 0;

    if (status)
        return status;
    TOKA_RECORD(dispatch, tag);
    hash = XXH3_64bits(tag, tag_size);
    shard = toka_shards_lock(registry.shards, hash);
    entry = registry_find(shard, tag, tag_size, hash);
    if (entry) {
        registry_touch(shard, entry);
        atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    }
    toka_shard_unlock(shard);
    if (entry)
        toka_meter_count(TOKA_METER_dispatches); /* now, since it is used from its beginning on */
    if (!entry)
        return TOKA_E_NOT_FOUND;
    status = entry->handler.run(entry->handler.user_data, payload);
    registry_entry_unref(entry);
    return status;
}

size_t toka_registry_size(void)
{
    return registry.count;
}

toka_status toka_registry_clear(void)
{
    return toka_registry_sweep(0, NULL);
}

/* Takes out what has been idle in one shard. Gives how many. */
static size_t registry_sweep_shard(toka_shard *shard, uint64_t idle_ms, toka_list *removed)
{
    size_t count = 0;
    uint64_t now_ms = 0;

    pthread_mutex_lock(&shard->lock);
    now_ms = registry.clock(registry.clock_data);
    while (shard->table.count && now_ms - registry_oldest(shard)->used_ms >= idle_ms) {
        registry_remove(shard, registry_oldest(shard), removed);
        registry.count--;
        count++;
    }
    toka_shard_unlock(shard);
    return count;
}

toka_status toka_registry_sweep(uint64_t idle_ms, size_t *ret_removed)
{
    toka_list removed = TOKA_LIST_EMPTY(removed);
    size_t count = 0;

    TOKA_RECORD(sweep, idle_ms);
    for (unsigned i = 0; i < TOKA_SHARDS; i++)
        count += registry_sweep_shard(&registry.shards[i], idle_ms, &removed);
    registry_unref_list(&removed);
    if (ret_removed)
        *ret_removed = count;
    toka_meter_add(TOKA_METER_swept_handlers, count);
    toka_meter_op(TOKA_METER_sweeps);
    return TOKA_OK;
}

toka_status toka_registry_set_limit(size_t max_handlers)
{
    toka_list removed = TOKA_LIST_EMPTY(removed);

    if (max_handlers == 0)
        return TOKA_E_ARGUMENT;
    TOKA_RECORD(limit, max_handlers);
    registry.limit = max_handlers;
    registry_show_limit();
    registry_shrink(&removed);
    registry_unref_list(&removed);
    return TOKA_OK;
}

toka_status toka_registry_set_clock(toka_clock_fn clock, void *clock_data)
{
    uint64_t now_ms = 0;

    toka_recording_clock(clock, clock_data);
    for (unsigned i = 0; i < TOKA_SHARDS; i++)
        pthread_mutex_lock(&registry.shards[i].lock);
    registry.clock = clock ? clock : toka_clock_monotonic_ms;
    registry.clock_data = clock_data;
    now_ms = registry.clock(registry.clock_data);
    for (unsigned i = 0; i < TOKA_SHARDS; i++) {
        toka_list *entries = &registry.shards[i].entries;

        for (toka_list *link = entries->next; link != entries; link = link->next)
            TOKA_CONTAINER_OF(link, registry_entry, in_shard.link)->used_ms = now_ms;
    }
    for (unsigned i = TOKA_SHARDS; i-- > 0;)
        toka_shard_unlock(&registry.shards[i]);
    return TOKA_OK;
}
