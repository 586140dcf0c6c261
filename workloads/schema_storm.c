/*
 * Compiles one unique schema after another without a cache, so that whatever a schema leaves behind adds up
 * at once.
 */
#include "schema_source.h"

#include <heapgate/workload.h>
#include <toka/schema_store.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "schema-storm",
    .unit = "schema",
    .default_ops = 10000,
    .warmup_ops = 1000,
};

static struct schema_source source;

int heapgate_setup(void)
{
    return schema_source_open(&source, heapgate_info.name, false);
}

int heapgate_iterate(uint64_t i)
{
    toka_error error;
    toka_status status =
        toka_ensure_schema_compiles(source.store, schema_source_text(&source, i), "input schema", &error);

    return schema_source_check(&source, i, status, &error);
}

void heapgate_teardown(void)
{
    schema_source_close(&source);
}
