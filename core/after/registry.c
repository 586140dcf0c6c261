/*
 * The registry with Toka's leak fixed. In this file, `diff -u ../before ../after` shows:
 *   1. handlers can be taken out: unregister, clear, and a sweep of those not used for a while;
 *   2. there is a limit, and the least recently used handler makes room.
 */
#include "clock.h"
#include "meters.h"
#include "places.h"
#include "recording.h"
#include "table.h"
#include "uses.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <toka/registry.h>
#include <xxhash.h>

typedef struct registry_entry {
    toka_table_node node;
    toka_use use;
    toka_handler handler;
    atomic_uint_fast64_t used_ms;
    struct registry_entry *next_removed; /* in a list of those taken out */
    atomic_size_t running; /* dispatches under way when it was taken out; the last of them destroys it */
    atomic_bool removed;
    size_t tag_size; /* without the NUL */
    char tag[];
} registry_entry;

static struct {
    toka_place places[TOKA_PLACES]; /* guard what follows */
    toka_table table;               /* entries by the hash of their tag */
    toka_uses uses;                 /* entries by their last use */
    toka_registry_meters meters;    /* dispatches are counted by place */
    size_t limit;
    toka_clock_fn clock;
    void *clock_data;
} registry = {
    .meters = TOKA_REGISTRY_METERS_BEGIN,
    .limit = TOKA_REGISTRY_DEFAULT_LIMIT,
    .clock = toka_clock_monotonic_ms,
};

/* The caller holds the lock in all places. */
static void registry_set_meters(void)
{
    uint64_t dispatches = 0;

    assert(toka_places_hold_all(registry.places));
    for (unsigned i = 0; i < TOKA_PLACES; i++)
        dispatches += registry.places[i].served;
    toka_meter_set(TOKA_METER_dispatches, dispatches);
    toka_meter_set(TOKA_METER_registrations, registry.meters.registrations);
    toka_meter_set(TOKA_METER_unregistrations, registry.meters.unregistrations);
    toka_meter_set(TOKA_METER_registry_handlers, registry.table.count);
    toka_meter_set(TOKA_METER_registry_bytes,
                   registry.table.count * (sizeof(registry_entry) + 1) + registry.meters.tag_bytes);
}

static void registry_show_meters(void)
{
    toka_places_lock_all(registry.places);
    registry_set_meters();
    toka_places_unlock_all(registry.places);
}

static void registry_show_limit(void)
{
    toka_meter_set(TOKA_METER_registry_limit, toka_meter_limit(registry.limit));
}

static __attribute__((constructor)) void registry_begin(void)
{
    if (!toka_places_init(registry.places))
        abort(); /* a lock in memory that is there already: it cannot fail */
    registry_show_limit();
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
    memcpy(entry->tag, tag, tag_size + 1);
    return entry;
}

/* Called without the lock: destroy may call the registry. */
static void registry_entry_free(registry_entry *entry)
{
    assert(toka_places_hold_none());
    if (entry->handler.destroy)
        entry->handler.destroy(entry->handler.user_data);
    free(entry);
}

/* Those that run are left to the last dispatch that runs them. */
static void registry_free_list(registry_entry *entries)
{
    while (entries) {
        registry_entry *next = entries->next_removed;

        registry_entry_free(entries);
        entries = next;
    }
}

static registry_entry *registry_find(const char *tag, size_t tag_size, uint64_t hash)
{
    assert(toka_places_hold_any(registry.places));
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
    toka_uses_add(&registry.uses, &entry->use, toka_place_number());
    entry->used_ms = registry.clock(registry.clock_data);
}

/* By any thread that holds the lock in its own place. */
static void registry_touch(registry_entry *entry)
{
    uint64_t now_ms = registry.clock(registry.clock_data);

    assert(toka_places_hold_any(registry.places));
    toka_use_note(&entry->use, toka_place_number());
    if (atomic_load_explicit(&entry->used_ms, memory_order_relaxed) != now_ms)
        atomic_store_explicit(&entry->used_ms, now_ms, memory_order_relaxed);
}

/* Takes an entry out, and adds it to a list that is freed once the lock is released, unless it runs. */
static void registry_remove(registry_entry *entry, registry_entry **removed)
{
    size_t running = toka_runs_of(registry.places, entry);

    toka_table_remove(&registry.table, &entry->node);
    toka_meter_tally(&registry.meters.tag_bytes, -entry->tag_size);
    toka_uses_remove(&registry.uses, &entry->use);
    if (running) {
        entry->running = running;
        entry->removed = true;
        return;
    }
    entry->next_removed = *removed;
    *removed = entry;
}

static registry_entry *registry_oldest(void)
{
    return TOKA_CONTAINER_OF(toka_uses_oldest(&registry.uses), registry_entry, use);
}

static void registry_evict(registry_entry **removed)
{
    while (registry.table.count > registry.limit)
        registry_remove(registry_oldest(), removed);
}

/* Every 128th op ends with a sample. */
static __attribute__((noinline)) void registry_end_sampled_op(registry_entry *removed)
{
    registry_set_meters();
    toka_places_unlock_all(registry.places);
    registry_free_list(removed);
    toka_monitor_sample();
}

/* Counts an op, gives the lock back and frees what was taken out. */
static inline void registry_end_op(uint64_t *tally, registry_entry *removed)
{
    if (toka_meter_tally_op(&registry.meters, tally)) {
        registry_end_sampled_op(removed);
        return;
    }
    toka_places_unlock_all(registry.places);
    registry_free_list(removed);
}

toka_status toka_registry_register(const char *tag, toka_handler handler)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *entry = NULL, *replaced = NULL;
    registry_entry *removed = NULL;

    if (status)
        return status;
    if (!handler.run)
        return TOKA_E_ARGUMENT;
    TOKA_RECORD(register, tag);
    entry = registry_entry_new(tag, tag_size, handler);
    if (!entry)
        return TOKA_E_NO_MEMORY;
    toka_places_lock_all(registry.places);
    if (!toka_uses_make_room(&registry.uses)) {
        toka_places_unlock_all(registry.places);
        free(entry);
        return TOKA_E_NO_MEMORY;
    }
    replaced = registry_find(tag, tag_size, entry->node.hash);
    if (replaced)
        registry_remove(replaced, &removed);
    registry_insert(entry);
    registry_evict(&removed);
    registry_end_op(&registry.meters.registrations, removed);
    return TOKA_OK;
}

toka_status toka_registry_unregister(const char *tag)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *removed = NULL;
    registry_entry *entry = NULL;

    if (status)
        return status;
    TOKA_RECORD(unregister, tag);
    toka_places_lock_all(registry.places);
    entry = registry_find(tag, tag_size, XXH3_64bits(tag, tag_size));
    if (!entry) {
        toka_places_unlock_all(registry.places);
        return TOKA_E_NOT_FOUND;
    }
    registry_remove(entry, &removed);
    registry_end_op(&registry.meters.unregistrations, removed);
    return TOKA_OK;
}

/* Finds the tag's entry, or gives NULL, and notes that this thread runs it. */
static registry_entry *registry_begin_run(const char *tag, size_t tag_size, toka_run *run)
{
    uint64_t hash = XXH3_64bits(tag, tag_size);
    toka_place *place = toka_places_lock_own(registry.places);
    registry_entry *entry = registry_find(tag, tag_size, hash);

    if (entry) {
        registry_touch(entry);
        toka_meter_tally(&place->served, 1); /* now, since it is used from its beginning on */
        toka_run_begin(place, run, entry);
    }
    toka_places_unlock_own(place);
    return entry;
}

static void registry_end_run(toka_run *run, registry_entry *entry)
{
    toka_place *place = toka_places_lock_own(registry.places);
    bool removed = entry->removed;

    toka_run_end(run);
    toka_places_unlock_own(place);
    if (removed && atomic_fetch_sub_explicit(&entry->running, 1, memory_order_acq_rel) == 1)
        registry_entry_free(entry);
}

toka_status toka_registry_dispatch(const char *tag, toka_text payload)
{
    size_t tag_size = 0;
    toka_status status = registry_measure_tag(tag, &tag_size);
    registry_entry *entry = NULL;
    toka_run run;

    if (status)
        return status;
    TOKA_RECORD(dispatch, tag);
    entry = registry_begin_run(tag, tag_size, &run);
    if (!entry)
        return TOKA_E_NOT_FOUND;
    status = entry->handler.run(entry->handler.user_data, payload);
    registry_end_run(&run, entry);
    return status;
}

size_t toka_registry_size(void)
{
    toka_place *place = toka_places_lock_own(registry.places);
    size_t size = registry.table.count;

    toka_places_unlock_own(place);
    return size;
}

toka_status toka_registry_clear(void)
{
    return toka_registry_sweep(0, NULL);
}

toka_status toka_registry_sweep(uint64_t idle_ms, size_t *ret_removed)
{
    registry_entry *removed = NULL;
    size_t count = 0;
    uint64_t now_ms = 0;

    TOKA_RECORD(sweep, idle_ms);
    toka_places_lock_all(registry.places);
    now_ms = registry.clock(registry.clock_data);
    while (registry.table.count && now_ms - registry_oldest()->used_ms >= idle_ms) {
        registry_remove(registry_oldest(), &removed);
        count++;
    }
    toka_places_unlock_all(registry.places);
    registry_free_list(removed);
    if (ret_removed)
        *ret_removed = count;
    toka_meter_add(TOKA_METER_swept_handlers, count);
    toka_meter_op(TOKA_METER_sweeps);
    return TOKA_OK;
}

toka_status toka_registry_set_limit(size_t max_handlers)
{
    registry_entry *removed = NULL;

    if (max_handlers == 0)
        return TOKA_E_ARGUMENT;
    TOKA_RECORD(limit, max_handlers);
    toka_places_lock_all(registry.places);
    registry.limit = max_handlers;
    registry_show_limit();
    registry_evict(&removed);
    toka_places_unlock_all(registry.places);
    registry_free_list(removed);
    return TOKA_OK;
}

toka_status toka_registry_set_clock(toka_clock_fn clock, void *clock_data)
{
    uint64_t now_ms = 0;

    toka_recording_clock(clock, clock_data);
    toka_places_lock_all(registry.places);
    registry.clock = clock ? clock : toka_clock_monotonic_ms;
    registry.clock_data = clock_data;
    now_ms = registry.clock(registry.clock_data);
    for (toka_table_node *node = NULL; (node = toka_table_next(&registry.table, node));)
        TOKA_CONTAINER_OF(node, registry_entry, node)->used_ms = now_ms;
    toka_places_unlock_all(registry.places);
    return TOKA_OK;
}
