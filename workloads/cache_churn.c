/*
 * A cache as a service sees it: every fourth lookup has a new schema, and the others mostly repeat recent
 * ones. A cache without a bound grows by one schema every four lookups, without end.
 */
#include "random.h"
#include "schema_source.h"

#include <heapgate/workload.h>
#include <toka/schema_store.h>

enum {
    LOOKUPS_PER_NEW_KEY = 4,
    AGE_OCTAVES = 12, /* the oldest key that is ever looked up again is 4,094 keys old */
};

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "cache-churn",
    .unit = "lookup",
    .default_ops = 20000,
    .warmup_ops = 8000, /* fills a cache of 1,000 twice over */
};

static struct schema_source source;

int heapgate_setup(void)
{
    return schema_source_open(&source, heapgate_info.name, true);
}

/*
 * Zipf-like: the age of a key looked up again falls into one of twelve octaves (0, 1-2, 3-6, 7-14, ...), the
 * smallest of three draws. So young keys are by far the most popular, and a few lookups in a thousand go to
 * keys that a cache of 1,000 has dropped.
 */
static uint64_t key_of_lookup(uint64_t seed, uint64_t i)
{
    struct random random = random_for_op(seed, i);
    uint64_t newest = i / LOOKUPS_PER_NEW_KEY;
    uint32_t octave = AGE_OCTAVES, age = 0;

    if (i % LOOKUPS_PER_NEW_KEY == 0)
        return newest;
    for (int draw = 0; draw < 3; draw++) {
        uint32_t drawn = random_below(&random, AGE_OCTAVES);

        octave = drawn < octave ? drawn : octave;
    }
    age = (1u << octave) - 1 + random_below(&random, 1u << octave);
    return newest - age % (newest + 1);
}

int heapgate_iterate(uint64_t i)
{
    toka_error error;
    uint64_t key = key_of_lookup(source.seed, i);
    toka_status status =
        toka_ensure_schema_compiles(source.store, schema_source_text(&source, key), "input schema", &error);

    return schema_source_check(&source, i, status, &error);
}

void heapgate_teardown(void)
{
    schema_source_close(&source);
}
