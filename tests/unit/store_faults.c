/*
 * Fails every allocation of an operation in turn, by standing in front of malloc: each time the answer must
 * be TOKA_E_NO_MEMORY, the state as before, and nothing lost. Not built under sanitizers, which stand there
 * themselves.
 */
#include "store_support.h"

#include <errno.h>
#include <toka/manifest.h>
#include <toka/registry.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* Seen by libtoka and jansson in place of libc's. */
#define EXPORTED __attribute__((visibility("default")))

static struct {
    bool armed;
    unsigned countdown; /* the allocation to fail; 0 is none */
    unsigned failed;
    long live; /* blocks taken less blocks given back, since armed */
} faults;

static bool fault_is_due(void)
{
    if (!faults.armed || !faults.countdown || --faults.countdown)
        return false;
    faults.failed++;
    errno = ENOMEM;
    return true;
}

static void *fault_count(void *block)
{
    faults.live += faults.armed && block;
    return block;
}

EXPORTED void *malloc(size_t size)
{
    return fault_is_due() ? NULL : fault_count(__libc_malloc(size));
}

EXPORTED void *calloc(size_t count, size_t size)
{
    return fault_is_due() ? NULL : fault_count(__libc_calloc(count, size));
}

EXPORTED void *realloc(void *block, size_t size)
{
    if (fault_is_due())
        return NULL;
    faults.live += faults.armed && !block;
    return __libc_realloc(block, size);
}

EXPORTED void free(void *block)
{
    faults.live -= faults.armed && block;
    __libc_free(block);
}

typedef toka_status (*operation)(void *data, toka_error *err);

/* Runs the operation with its first allocation failing, then its second, until it gets through. */
static void fail_each_allocation(operation run, void *data, unsigned at_least)
{
    toka_status status = TOKA_E_NO_MEMORY;
    toka_error error = {0};
    unsigned n = 0;

    faults.failed = 0;
    while (status != TOKA_OK) {
        n++;
        cr_assert_lt(n, 10000);
        faults.live = 0;
        faults.countdown = n;
        faults.armed = true;
        status = run(data, &error);
        faults.armed = false;
        cr_assert(status == TOKA_OK || status == TOKA_E_NO_MEMORY, "allocation %u: %s: %s", n,
                  toka_status_name(status), error.message);
        if (status)
            cr_assert_eq(faults.live, 0, "allocation %u: %ld blocks lost", n, faults.live);
    }
    cr_assert_geq(faults.failed, at_least);
}

static toka_status get_schema(void *data, toka_error *err)
{
    return toka_ensure_schema_compiles(data, text_of("{\"type\":\"object\",\"required\":[\"a\"]}"), "schema",
                                       err);
}

Test(store_faults, store_is_as_before_when_memory_runs_out)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true, .max_entries = 1});

    ensure_numbered(store, 1);
    fail_each_allocation(get_schema, store, 4);
    cr_expect_eq(stats_of(store).entries, 1);
    cr_expect_eq(stats_of(store).evictions, 1, "only by the one that got through");
    cr_expect_eq(stats_of(store).failures, faults.failed);
    toka_schema_store_free(store);
}

static toka_status new_and_free_store(void *data, toka_error *err)
{
    toka_schema_store *store = NULL;
    toka_status status = TOKA_OK;

    (void)err;
    status = toka_schema_store_new(data, &store);

    toka_schema_store_free(store);
    return status;
}

Test(store_faults, no_store_is_made_without_memory)
{
    toka_schema_store_options options = {.cached = true};

    fail_each_allocation(new_and_free_store, &options, 1);
}

static toka_status parse_text(const char *text, toka_schema_store *store, toka_error *err)
{
    toka_manifest *manifest = NULL;
    toka_status status = toka_manifest_parse(text_of(text), store, &manifest, err);

    toka_manifest_free(manifest);
    return status;
}

static toka_status parse_yaml(void *data, toka_error *err)
{
    static const char yaml[] = "id: a.b\nname: &n n\nversion: '1'\ndescription: *n\ncapability: c\n"
                               "transports: [{kind: in_process}, {kind: wasm, path: x}]\n"
                               "input_schema: {type: object, minProperties: 1}\noutput_schema: 'true'\n"
                               "metadata: {a: b}\n";

    return parse_text(yaml, data, err);
}

/* With an escape that the YAML reader does not know, so that there is no second way to read it. */
static toka_status parse_json(void *data, toka_error *err)
{
    static const char json[] =
        "{\"id\":\"a\",\"name\":\"\\ud83d\\udce6\",\"version\":\"1\",\"description\":\"\","
        "\"capability\":\"c\",\"transports\":[{\"kind\":\"in_process\"}]}";

    return parse_text(json, data, err);
}

Test(store_faults, no_manifest_is_half_read)
{
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});

    fail_each_allocation(parse_yaml, store, 50);
    fail_each_allocation(parse_json, store, 20);
    toka_schema_store_free(store);
}

static unsigned destroyed;

static toka_status run_nothing(void *user_data, toka_text payload)
{
    (void)user_data;
    (void)payload;
    return TOKA_OK;
}

static void count_destroyed(void *user_data)
{
    (void)user_data;
    destroyed++;
}

Test(store_faults, nothing_is_left_of_a_store_or_a_registry_that_grew)
{
    toka_schema_store *store = NULL;
    char tag[16];

    faults.armed = true;
    store = new_store((toka_schema_store_options){.cached = true});
    for (unsigned i = 0; i < 200; i++) {
        ensure_numbered(store, i);
        snprintf(tag, sizeof tag, "%u", i);
        cr_assert_eq(toka_registry_register(tag, (toka_handler){run_nothing, NULL, count_destroyed}),
                     TOKA_OK);
    }
    cr_assert_gt(faults.live, 1000);
    toka_schema_store_free(store);
    toka_registry_clear();
    faults.armed = false;
    cr_expect_eq(faults.live, 0, "%ld blocks lost", faults.live);
    cr_expect_eq(destroyed, 200);
}

static toka_status register_twentieth(void *data, toka_error *err)
{
    (void)data;
    (void)err;
    return toka_registry_register("twentieth", (toka_handler){run_nothing, NULL, count_destroyed});
}

Test(store_faults, handler_stays_the_callers_when_it_cannot_be_registered)
{
    char tag[16];

    for (int i = 1; i < 20; i++) {
        snprintf(tag, sizeof tag, "%d", i);
        cr_assert_eq(toka_registry_register(tag, (toka_handler){run_nothing, NULL, count_destroyed}),
                     TOKA_OK);
    }
    fail_each_allocation(register_twentieth, NULL, 1);
    cr_expect_eq(toka_registry_size(), 20);
    cr_expect_eq(destroyed, 0);
}
