/*
 * One kind of op of libtoka, so many times: monitor_bench KIND OPS. Writes the nanoseconds of an op to
 * standard output. monitor.sh runs it on libtoka with and without its monitor.
 */
#include "schema_generator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <toka/registry.h>
#include <toka/schema_store.h>

enum { TAGS = 100, SCHEMAS = 64 };

static struct {
    toka_schema_store *store;
    toka_text schemas[SCHEMAS];
    toka_schema *schema;
    json_t *instance;
    char tags[TAGS][32];
} bench;

static toka_status run(void *user_data, toka_text payload)
{
    (void)user_data;
    return payload.size ? TOKA_OK : TOKA_E_INVALID;
}

static int register_tag(const char *tag)
{
    return toka_registry_register(tag, (toka_handler){.run = run}) != TOKA_OK;
}

static int dispatch(uint64_t i)
{
    return toka_registry_dispatch(bench.tags[i % TAGS], (toka_text){"x", 1}) != TOKA_OK;
}

static int register_and_unregister(uint64_t i)
{
    (void)i;
    return register_tag("one more") || toka_registry_unregister("one more") != TOKA_OK;
}

static int hit(uint64_t i)
{
    return toka_ensure_schema_compiles(bench.store, bench.schemas[i % 32], NULL, NULL) != TOKA_OK;
}

static int get_and_validate(uint64_t i)
{
    toka_schema *schema = NULL;
    int failed = toka_schema_store_get(bench.store, bench.schemas[i % 32], NULL, &schema, NULL) != TOKA_OK;
    toka_status status = failed ? TOKA_OK : toka_schema_validate(schema, bench.instance, NULL);

    toka_schema_unref(schema);
    return failed || (status != TOKA_OK && status != TOKA_E_INVALID);
}

static int miss(uint64_t i)
{
    /* The cache holds half of them, so that the next is never there. */
    return toka_ensure_schema_compiles(bench.store, bench.schemas[i % SCHEMAS], NULL, NULL) != TOKA_OK;
}

static const struct {
    const char *name;
    int (*op)(uint64_t i);
} kinds[] = {
    {"dispatch", dispatch}, {"register", register_and_unregister},
    {"hit", hit},           {"validate", get_and_validate},
    {"miss", miss},
};

static int set_up(void)
{
    const toka_schema_store_options options = {.cached = true, .max_entries = SCHEMAS / 2};
    int failed = toka_schema_store_new(&options, &bench.store) != TOKA_OK;

    for (unsigned i = 0; i < SCHEMAS && !failed; i++) {
        char *buffer = malloc(SCHEMA_GENERATOR_BYTES);
        struct text_writer out = {.data = buffer, .capacity = SCHEMA_GENERATOR_BYTES};

        if (!buffer)
            return 1;
        schema_generate(1, i, &out);
        bench.schemas[i] = (toka_text){out.data, out.size};
    }
    for (unsigned i = 0; i < TAGS && !failed; i++) {
        snprintf(bench.tags[i], sizeof bench.tags[i], "service.tool.%u", i);
        failed = register_tag(bench.tags[i]);
    }
    for (unsigned i = 0; i < 32 && !failed; i++)
        failed = hit(i);
    bench.instance = json_pack("{s:s, s:i, s:[s, s]}", "name", "tool", "size", 12, "tags", "a", "b");
    return failed || !bench.instance;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    uint64_t ops = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    double started = 0;

    if (!ops || set_up())
        return 2;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(kinds[k].name, argv[1]) != 0)
            continue;
        started = seconds();
        for (uint64_t i = 0; i < ops; i++)
            if (kinds[k].op(i))
                return 1;
        printf("%.2f\n", (seconds() - started) * 1e9 / (double)ops);
        return 0;
    }
    return 2;
}
