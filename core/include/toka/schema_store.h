/*
 * Where schemas are checked and compiled schemas are kept, so that a schema seen twice is compiled once.
 *
 * A store belongs to its creator. Every function but toka_schema_store_free may be called from any thread at
 * any time; compiling happens outside the store's lock, so a slow schema holds up nobody who is served from
 * the cache. Two threads that compile the same new text at once end with one entry, and both get that one.
 *
 * What is kept: the least recently used entries go first when the store would hold more than max_entries, or
 * schemas of more than max_bytes of text; where several threads use one in turn, of its uses within some
 * milliseconds only the first may count. A hit is found by XXH3 hash and then compared byte by byte, so it
 * costs hashing and comparing the text: no parsing, no allocation. Schemas that fail are not kept.
 *
 * The build called `before` keeps Toka v0.2.1's behaviour instead: no bound, no comparison beyond the 64-bit
 * hash, and the parsed document of every text ever compiled stays in memory until the process ends.
 *
 * The store never fetches anything; a $ref to another document goes to the resolver in the options, if any.
 */
#ifndef TOKA_SCHEMA_STORE_H
#define TOKA_SCHEMA_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <toka/schema.h>

typedef struct toka_schema_store toka_schema_store;

typedef struct toka_schema_store_options {
    bool cached;        /* keep compiled schemas */
    size_t max_entries; /* 0: TOKA_STORE_DEFAULT_ENTRIES */
    size_t
        max_bytes; /* of schema text; 0: TOKA_STORE_DEFAULT_BYTES. A longer text is compiled and not kept */
    toka_schema_options schema; /* the resolver may be called from any thread that uses the store */
} toka_schema_store_options;

#define TOKA_STORE_DEFAULT_ENTRIES 1000u
#define TOKA_STORE_DEFAULT_BYTES   ((size_t)16 * 1024 * 1024)

typedef struct toka_schema_store_stats {
    uint64_t hits, misses, evictions, failures; /* calls since the store was made; a failure is also a miss */
    size_t entries;                             /* now */
    size_t bytes;                               /* text size of the schemas kept now */
} toka_schema_store_stats;

/*
 * Makes an empty store. options are copied and may be NULL: uncached, defaults; what resolver_data points to
 * must outlive the store. The caller frees *ret_store.
 *
 * TOKA_E_ARGUMENT (ret_store is NULL) or TOKA_E_NO_MEMORY.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_store_new(const toka_schema_store_options *options,
                                                          toka_schema_store **ret_store);

/*
 * Frees the store and drops its reference to every schema it kept; schemas handed out before stay valid until
 * their holders drop them. No other thread may be using the store. NULL is fine.
 */
TOKA_API void toka_schema_store_free(toka_schema_store *store);

/*
 * Answers whether the text is a draft-07 schema that compiles. `which` names the text in error messages
 * ("input schema", "output schema"); NULL is "schema". Nothing of the text or of `which` is kept by pointer.
 *
 * TOKA_E_ARGUMENT, TOKA_E_TOO_LARGE (over TOKA_SCHEMA_MAX_BYTES), TOKA_E_SYNTAX, TOKA_E_NO_MEMORY, and
 * whatever toka_schema_from_document answers. err may be NULL; it is filled on failure only. After a failure
 * the store holds what it held before, and counts one miss and one failure (TOKA_E_ARGUMENT counts nothing).
 */
TOKA_API TOKA_NODISCARD toka_status toka_ensure_schema_compiles(toka_schema_store *store, toka_text text,
                                                                const char *which, toka_error *err);

/*
 * As toka_ensure_schema_compiles, and hands out the compiled schema with a reference that the caller drops
 * (toka_schema_unref). The schema stays valid after its eviction and after the store is freed.
 */
TOKA_API TOKA_NODISCARD toka_status toka_schema_store_get(toka_schema_store *store, toka_text text,
                                                          const char *which, toka_schema **ret_schema,
                                                          toka_error *err);

/* Gives a consistent snapshot of the counters. Neither argument may be NULL. */
TOKA_API void toka_schema_store_statistics(toka_schema_store *store, toka_schema_store_stats *ret_stats);

#endif
