/*
 * The registry as Toka v0.2.1 had it. In this file, `diff -u ../before ../after` shows:
 *   1. nothing takes a handler out again; only replacing one destroys it;
 *   2. there is no limit.
 */
#include "list.h"
#include "meters.h"
#include "recording.h"
#include "table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <toka/registry.h>
#include <xxhash.h>

/* Counted references: the registry holds one, every running dispatch another, and the last destroys the
 * handler. */
typedef struct registry_entry {
    toka_table_node node;
    toka_list link;
    toka_handler handler;
    atomic_size_t references;
    size_t tag_size; /* without the NUL */
    char tag[];
} registry_entry;

static struct {
    pthread_mutex_t lock; /* guards what follows */
    toka_table table;     /* entries by the hash of their tag */
    toka_list entries;    /* the newest first */
    uint64_t dispatches;
    toka_registry_meters meters;
} registry = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .entries = TOKA_LIST_EMPTY(registry.entries),
    .meters = TOKA_REGISTRY_METERS_BEGIN,
};

/* The caller holds the lock. */
static void registry_set_meters(void)
{
    toka_meter_set(TOKA_METER_dispatches, registry.dispatches);
    toka_meter_set(TOKA_METER_registrations, registry.meters.registrations);
    toka_meter_set(TOKA_METER_registry_handlers, registry.table.count);
    toka_meter_set(TOKA_METER_registry_bytes,
                   registry.table.count * (sizeof(registry_entry) + 1) + registry.meters.tag_bytes);
}

static void registry_show_meters(void)
{
    pthread_mutex_lock(&registry.lock);
    registry_set_meters();
    pthread_mutex_unlock(&registry.lock);
}

static __attribute__((constructor)) void registry_begin(void)
{
    toka_meter_set(TOKA_METER_registry_limit, TOKA_METER_NO_LIMIT);
    toka_registry_show_meters = registry_show_meters;
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
    *entry =
        (registry_entry){.node.hash = XXH3_64bits(tag, tag_size), .handler = handler, .tag_size = tag_size};
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

        registry_entry_unref(TOKA_CONTAINER_OF(link, registry_entry, link));
    }
}

static registry_entry *registry_find(const char *tag, size_t tag_size, uint64_t hash)
{
    for (toka_table_node *node = toka_table_find(&registry.table, hash); node;
         node = toka_table_find_next(node)) {
        registry_entry *entry = TOKA_CONTAINER_OF(node, registry_entry, node);

        if (entry->tag_size == tag_size && memcmp(entry->tag, tag, tag_size) == 0)
            return entry;
    }
    return NULL;
}

static void registry_insert(registry_entry *entry)
{
    toka_table_insert(&registry.table, &entry->node);
    toka_meter_tally(&registry.meters.tag_bytes, entry->tag_size);
    toka_list_push_front(&registry.entries, &entry->link);
}

/* Moves an entry, and the registry's reference to it, to a list that is dropped once the lock is released. */
static void registry_remove(registry_entry *entry, toka_list *removed)
{
    toka_table_remove(&registry.table, &entry->node);
    toka_meter_tally(&registry.meters.tag_bytes, -entry->tag_size);
    toka_list_remove(&entry->link);
    toka_list_push_front(removed, &entry->link);
}

/* Every 128th op ends with a sample. */
static __attribute__((noinline)) void registry_end_sampled_op(toka_list *removed)
{
    registry_set_meters();
    pthread_mutex_unlock(&registry.lock);
    registry_unref_list(removed);
    toka_monitor_sample();
}

/* Counts an op, gives the lock back and drops what was taken out. */
static inline void registry_end_op(uint64_t *tally, toka_list *removed)
{
    if (toka_meter_tally_op(&registry.meters, tally)) {
        registry_end_sampled_op(removed);
        return;
    }
    pthread_mutex_unlock(&registry.lock);
    registry_unref_list(removed);
}

toka_status toka_registry_register(const char *tag, toka_handler handler)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *entry = NULL, *replaced = NULL;
    toka_list removed = TOKA_LIST_EMPTY(removed);

    if (status)
        return status;
    if (!handler.run)
        return TOKA_E_ARGUMENT;
    TOKA_RECORD(register, tag);
    entry = registry_entry_new(tag, tag_size, handler);
    if (!entry)
        return TOKA_E_NO_MEMORY;
    pthread_mutex_lock(&registry.lock);
    replaced = registry_find(tag, tag_size, entry->node.hash);
    if (replaced)
        registry_remove(replaced, &removed);
    registry_insert(entry);
    registry_end_op(&registry.meters.registrations, &removed);
    return TOKA_OK;
}

toka_status toka_registry_unregister(const char *tag)
{
    size_t tag_size = 0;

    if (registry_measure_tag(tag, &tag_size) == TOKA_OK)
        TOKA_RECORD(unregister, tag);
    return TOKA_E_NOT_SUPPORTED;
}

toka_status toka_registry_dispatch(const char *tag, toka_text payload)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *entry = NULL;

    if (status)
        return status;
    TOKA_RECORD(dispatch, tag);
    pthread_mutex_lock(&registry.lock);
    entry = registry_find(tag, tag_size, XXH3_64bits(tag, tag_size));
    if (entry) {
        atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
        toka_meter_tally(&registry.dispatches, 1); /* now, since it is used from its beginning on */
    }
    pthread_mutex_unlock(&registry.lock);
    if (!entry)
        return TOKA_E_NOT_FOUND;
    status = entry->handler.run(entry->handler.user_data, payload);
    registry_entry_unref(entry);
    return status;
}

size_t toka_registry_size(void)
{
    size_t size = 0;

    pthread_mutex_lock(&registry.lock);
    size = registry.table.count;
    pthread_mutex_unlock(&registry.lock);
    return size;
}

toka_status toka_registry_clear(void)
{
    TOKA_RECORD(sweep, 0);
    return TOKA_E_NOT_SUPPORTED;
}

toka_status toka_registry_sweep(uint64_t idle_ms, size_t *ret_removed)
{
    (void)ret_removed;
    TOKA_RECORD(sweep, idle_ms);
    return TOKA_E_NOT_SUPPORTED;
}

toka_status toka_registry_set_limit(size_t max_handlers)
{
    if (max_handlers)
        TOKA_RECORD(limit, max_handlers);
    return TOKA_E_NOT_SUPPORTED;
}

toka_status toka_registry_set_clock(toka_clock_fn clock, void *clock_data)
{
    (void)clock;
    (void)clock_data;
    return TOKA_E_NOT_SUPPORTED;
}
