/*
 * The schema store as Toka v0.2.1 had it, leaks included. In this file, `diff -u ../before ../after` shows:
 *   1. the document of every text compiled is kept for ever, also when the text does not compile;
 *   2. the cache has no bound;
 *   3. a cache hit is any text with the same 64-bit hash.
 */
#include "meters.h"
#include "places.h"
#include "recording.h"
#include "report.h"
#include "schema_bytes.h"
#include "table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <toka/schema_store.h>
#include <xxhash.h>

typedef struct store_entry {
    toka_table_node node;
    toka_schema *schema;
    size_t size; /* of the schema's text */
} store_entry;

struct toka_schema_store {
    toka_schema_store_options options;
    uint64_t number;                /* in recordings */
    toka_place places[TOKA_PLACES]; /* guard what follows */
    toka_table table;               /* entries by the hash of their text */
    toka_schema_store_stats stats;  /* hits are counted by place */
};

static bool store_takes(toka_text text)
{
    return text.size <= (size_t)TOKA_SCHEMA_MAX_BYTES;
}

static toka_status store_parse(toka_text text, json_t **ret_document, toka_error *err)
{
    json_error_t json_error;
    json_t *document = NULL;

    if (!store_takes(text))
        return toka_report(err, TOKA_E_TOO_LARGE, "", "", "the text has %zu bytes; the limit is %zu",
                           text.size, (size_t)TOKA_SCHEMA_MAX_BYTES);
    errno = 0; /* jansson calls some failed allocations a syntax error; malloc does not */
    document = json_loadb(text.data, text.size, toka_json_flags(text), &json_error);
    if (!document && errno == ENOMEM)
        return toka_report(err, TOKA_E_NO_MEMORY, "", "", "out of memory");
    if (!document)
        return toka_error_from_json(err, &json_error);
    toka_meter_add(TOKA_METER_documents, 1);
    toka_meter_add(TOKA_METER_document_bytes, text.size);
    *ret_document = document;
    return TOKA_OK;
}

static toka_status store_compile(const toka_schema_store *store, toka_text text, toka_schema **ret_schema,
                                 toka_error *err)
{
    json_t *document = NULL;
    toka_status status = store_parse(text, &document, err);

    if (status)
        return status;
    status = toka_schema_from_document(document, &store->options.schema, ret_schema, err);
    /* Leaked: our reference is never dropped, as with the Box::leak() that made Toka's document 'static. */
    return status;
}

/* change: 1, or -1. */
static void store_count(const store_entry *entry, int change)
{
    size_t bytes = sizeof *entry;

    toka_meter_add(TOKA_METER_cache_entries, (uint64_t)change);
    toka_meter_add(TOKA_METER_cache_bytes, (uint64_t)change * bytes);
    toka_meter_add(TOKA_METER_cached_schema_bytes, (uint64_t)change * toka_schema_bytes(entry->schema));
}

static store_entry *store_entry_new(toka_text text, uint64_t hash, toka_schema *schema)
{
    store_entry *entry = malloc(sizeof *entry);

    if (!entry)
        return NULL;
    *entry = (store_entry){.node.hash = hash, .schema = toka_schema_ref(schema), .size = text.size};
    store_count(entry, 1);
    return entry;
}

static void store_drop(store_entry *entry)
{
    assert(toka_places_hold_none());
    store_count(entry, -1);
    toka_schema_unref(entry->schema);
    free(entry);
}

/* Trusts the hash: another text with the same one, valid or not, passes as the one that was compiled. */
static store_entry *store_find(const toka_schema_store *store, toka_text text, uint64_t hash)
{
    toka_table_node *node = toka_table_find(&store->table, hash);

    assert(toka_places_hold_any(store->places));
    (void)text;
    return node ? TOKA_CONTAINER_OF(node, store_entry, node) : NULL;
}

static void store_insert(toka_schema_store *store, store_entry *entry)
{
    toka_table_insert(&store->table, &entry->node);
    store->stats.entries++;
    store->stats.bytes += entry->size;
}

/* On a hit, gives the schema with a reference for the caller, where the caller wants it. */
static bool store_lookup(toka_schema_store *store, toka_text text, uint64_t hash, toka_schema **ret_schema)
{
    toka_place *place = toka_places_lock_own(store->places);
    store_entry *entry = store_find(store, text, hash);

    if (entry) {
        place->served++;
        if (ret_schema)
            *ret_schema = toka_schema_ref(entry->schema);
    }
    toka_places_unlock_own(place);
    return entry;
}

/* Keeps a schema compiled outside the lock. If another thread was faster, *schema becomes the one it kept. */
static toka_status store_keep(toka_schema_store *store, toka_text text, uint64_t hash, toka_schema **schema)
{
    store_entry *entry = store_entry_new(text, hash, *schema);
    store_entry *unused = entry; /* dropped when the lock is no longer held */
    store_entry *kept = NULL;

    if (!entry)
        return TOKA_E_NO_MEMORY;
    toka_places_lock_all(store->places);
    kept = store_find(store, text, hash);
    if (kept) {
        toka_schema_unref(*schema);
        *schema = toka_schema_ref(kept->schema);
    } else {
        unused = NULL;
        store_insert(store, entry);
    }
    toka_places_unlock_all(store->places);
    if (unused)
        store_drop(unused);
    return TOKA_OK;
}

static void store_count_miss(toka_schema_store *store, toka_status status)
{
    toka_places_lock_all(store->places);
    store->stats.misses++;
    if (status)
        store->stats.failures++;
    toka_places_unlock_all(store->places);
    if (status)
        toka_meter_add(TOKA_METER_schema_failures, 1);
}

/* Compiles a text that is not in the cache, and keeps it there where there is one. */
static toka_status store_make(toka_schema_store *store, toka_text text, bool cached, uint64_t hash,
                              const char *which, toka_schema **ret_schema, toka_error *err)
{
    toka_schema *schema = NULL;
    toka_status status = store_compile(store, text, &schema, err);

    if (!status && cached) {
        status = store_keep(store, text, hash, &schema);
        if (status)
            toka_report(err, status, "", "", "out of memory");
    }
    store_count_miss(store, status);
    if (status)
        toka_report_which(err, which ? which : "schema");
    if (!status && ret_schema)
        *ret_schema = schema;
    else
        toka_schema_unref(schema);
    return status;
}

/* Serves both public functions; ret_schema is NULL when the caller wants the answer only. */
static toka_status store_obtain(toka_schema_store *store, toka_text text, const char *which,
                                toka_schema **ret_schema, toka_error *err)
{
    bool cached = store->options.cached && store_takes(text);
    uint64_t hash = cached ? XXH3_64bits(text.data, text.size) : 0;
    toka_status status = TOKA_OK;

    if (cached && store_lookup(store, text, hash, ret_schema)) {
        toka_meter_count(TOKA_METER_cache_hits);
        return TOKA_OK;
    }
    status = store_make(store, text, cached, hash, which, ret_schema, err);
    toka_meter_op(TOKA_METER_cache_misses);
    return status;
}

toka_status toka_schema_store_new(const toka_schema_store_options *options, toka_schema_store **ret_store)
{
    toka_schema_store *store = NULL;

    if (!ret_store)
        return TOKA_E_ARGUMENT;
    store = calloc(1, sizeof *store);
    if (!store)
        return TOKA_E_NO_MEMORY;
    if (!toka_places_init(store->places)) {
        free(store);
        return TOKA_E_NO_MEMORY;
    }
    store->number = toka_recording_next_store();
    if (options)
        store->options = *options;
    if (store->options.cached)
        toka_meter_add(TOKA_METER_cache_limit, TOKA_METER_NO_LIMIT);
    *ret_store = store;
    return TOKA_OK;
}

void toka_schema_store_free(toka_schema_store *store)
{
    if (!store)
        return;
    TOKA_RECORD(free_store, store->number);
    if (store->options.cached)
        toka_meter_subtract(TOKA_METER_cache_limit, TOKA_METER_NO_LIMIT);
    for (toka_table_node *node = toka_table_next(&store->table, NULL), *next; node; node = next) {
        next = toka_table_next(&store->table, node);
        store_drop(TOKA_CONTAINER_OF(node, store_entry, node));
    }
    toka_table_clear(&store->table);
    toka_places_destroy(store->places);
    free(store);
}

toka_recorded_store toka_schema_store_recorded(const toka_schema_store *store)
{
    return (toka_recorded_store){store->number, &store->options};
}

toka_status toka_ensure_schema_compiles(toka_schema_store *store, toka_text text, const char *which,
                                        toka_error *err)
{
    if (!store || !text.data)
        return toka_report(err, TOKA_E_ARGUMENT, "", "", "a store and a text are required");
    TOKA_RECORD(compile, toka_schema_store_recorded(store), text, which);
    return store_obtain(store, text, which, NULL, err);
}

toka_status toka_schema_store_get(toka_schema_store *store, toka_text text, const char *which,
                                  toka_schema **ret_schema, toka_error *err)
{
    toka_status status = TOKA_OK;

    if (!store || !text.data || !ret_schema)
        return toka_report(err, TOKA_E_ARGUMENT, "", "", "a store, a text and an output are required");
    status = store_obtain(store, text, which, ret_schema, err);
    TOKA_RECORD(get, toka_schema_store_recorded(store), text, which, status ? NULL : *ret_schema);
    return status;
}

void toka_schema_store_statistics(toka_schema_store *store, toka_schema_store_stats *ret_stats)
{
    toka_places_lock_all(store->places);
    *ret_stats = store->stats;
    for (unsigned i = 0; i < TOKA_PLACES; i++)
        ret_stats->hits += store->places[i].served;
    toka_places_unlock_all(store->places);
}
