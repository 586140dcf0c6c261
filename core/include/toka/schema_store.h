/*
 * Checks schemas and keeps compiled ones, so that a schema that is requested twice is compiled once.
 *
 * A store belongs to its creator. Every function except toka_schema_store_free may be called from any thread
 * at any time. Compiling happens outside the store's lock, so a slow schema does not delay requests that the
 * cache can answer. If two threads compile the same new text at once, both get the schema that was kept
 * first.
 *
 * The cache is bounded: if it would hold more than max_entries entries, or more than max_bytes of schema
 * text, the least recently used entries are evicted. If threads take turns to use one entry, only the first
 * use within some milliseconds may count. A lookup finds an entry by its XXH3 hash and then compares the
 * texts byte by byte, so a hit costs hashing and comparing the text: no parsing, no allocation. Schemas that
 * do not compile are not kept.
 *
 * The build called `before` behaves as Toka v0.2.1 did: its cache has no bound and trusts the 64-bit hash,
 * and the parsed document of every text ever compiled stays in memory until the process ends.
 *
 * The store never fetches anything. A $ref to another document goes to the resolver in the options, if any.
 */
#ifndef TOKA_SCHEMA_STORE_H
#define TOKA_SCHEMA_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <toka/schema.h>

typedef struct toka_schema_store toka_schema_store;

typedef struct toka_schema_store_options {
    bool cached;                /* keep compiled schemas */
    size_t max_entries;         /* 0: TOKA_STORE_DEFAULT_ENTRIES */
    size_t max_bytes;           /* of schema text; 0: TOKA_STORE_DEFAULT_BYTES. A longer text is not kept */
    toka_schema_options schema; /* the resolver may be called from any thread that uses the store */
} toka_schema_store_options;

#define TOKA_STORE_DEFAULT_ENTRIES 1000u
#define TOKA_STORE_DEFAULT_BYTES   ((size_t)16 * 1024 * 1024)

typedef struct toka_schema_store_stats {
    uint64_t hits, misses, evictions, failures; /* numbers of calls; a failure is also a miss */
    size_t entries;                             /* now */
    size_t bytes;                               /* text size of the schemas kept now */
} toka_schema_store_stats;

/*
 * Creates an empty store. options are copied; NULL means no cache and default limits. What resolver_data
 * points to must outlive the store. The caller frees *ret_store.
 *
 * TOKA_E_ARGUMENT (ret_store is NULL) or TOKA_E_NO_MEMORY.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_store_new(const toka_schema_store_options *options,
                                                          toka_schema_store **ret_store);

/*
 * Frees the store and drops its references to schemas; a schema that a caller still holds stays valid. No
 * other thread may be using the store. NULL is fine.
 */
TOKA_API void toka_schema_store_free(toka_schema_store *store);

/*
 * Checks whether the text is a draft-07 schema that compiles. `which` names the text in error messages
 * ("input schema", "output schema"); NULL means "schema". The store keeps no pointer into the text or
 * `which`.
 *
 * TOKA_E_ARGUMENT, TOKA_E_TOO_LARGE (over TOKA_SCHEMA_MAX_BYTES), TOKA_E_SYNTAX, TOKA_E_NO_MEMORY, and every
 * error of toka_schema_from_document. err may be NULL; it is filled on failure only. After a failure the
 * store's entries are unchanged, and it counts one miss and one failure (TOKA_E_ARGUMENT counts nothing).
 */
TOKA_API TOKA_NODISCARD toka_status toka_ensure_schema_compiles(toka_schema_store *store, toka_text text,
                                                                const char *which, toka_error *err);

/*
 * Does what toka_ensure_schema_compiles does, and returns the compiled schema with a reference that the
 * caller must drop (toka_schema_unref). The schema stays valid after its eviction and after the store is
 * freed.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_store_get(toka_schema_store *store, toka_text text,
                                                          const char *which, toka_schema **ret_schema,
                                                          toka_error *err);

/* Gives a consistent snapshot of the counters. Neither argument may be NULL. */
TOKA_API void toka_schema_store_statistics(toka_schema_store *store, toka_schema_store_stats *ret_stats);

#endif
