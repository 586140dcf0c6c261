/* Unique small schemas, each with a constant that the schema holds, through a cache that is bounded by its
 * bytes alone. */
#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>
#include <toka/schema_store.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "store-upkeep",
    .unit = "schema",
    .default_ops = 10000,
    .warmup_ops = 2000, /* fills the cache twice over */
};

static toka_schema_store *store;

int heapgate_setup(void)
{
    const toka_schema_store_options options = {.cached = true, .max_entries = SIZE_MAX, .max_bytes = 65536};

    return toka_schema_store_new(&options, &store) != TOKA_OK;
}

int heapgate_iterate(uint64_t i)
{
    char text[128];
    int size =
        snprintf(text, sizeof text, "{\"title\":\"%020" PRIu64 "\",\"const\":{\"kind\":[1,\"fixed\"]}}", i);
    toka_error error;

    return toka_ensure_schema_compiles(store, (toka_text){text, (size_t)size}, "schema", &error) != TOKA_OK;
}

void heapgate_teardown(void)
{
    toka_schema_store_free(store);
}
