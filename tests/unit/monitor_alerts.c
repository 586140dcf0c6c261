/*
 * The alert on both builds, over several seeds: `before` is told within TOKA_MONITOR_ALERT_OPS ops of a
 * storm, `after` never, also not while its cache and its registry fill up.
 */
#include "random.h"
#include "registry_support.h"
#include "schema_generator.h"
#include "store_support.h"

#include <toka/monitor.h>

enum { OPS = 6000, QUIET_OPS = 200000 };

struct told {
    unsigned times;
    uint64_t at_op, op; /* of the first; under way */
    toka_alert first;
};

static void remember(void *user_data, const toka_alert *alert)
{
    struct told *told = user_data;

    if (told->times++ == 0) {
        told->first = *alert;
        told->at_op = told->op;
    }
}

static void expect_told_of_the_leak(const struct told *told, const char *storm)
{
    toka_monitor_figures figures;

    toka_monitor_read(&figures);
    cr_assert_eq(figures.alerts, told->times);
    if (HAS_FIX) {
        cr_assert_eq(told->times, 0, "%s: alert at op %lu: %s", storm, told->at_op, told->first.line);
        return;
    }
    cr_assert_gt(told->times, 0, "%s", storm);
    cr_assert_lt(told->at_op, TOKA_MONITOR_ALERT_OPS, "%s", storm);
    cr_expect_gt(told->first.grown_bytes, 0);
    cr_expect_geq(told->first.unbounded_bytes, told->first.grown_bytes);
    cr_expect_leq(told->first.ops, told->at_op + 1);
    cr_expect_str_eq(strstr(told->first.line, "libtoka grows steadily: "), told->first.line);
    cr_expect_null(strchr(told->first.line, '\n'));
    cr_expect_leq(told->times, 4, "one when it is found, then one when it has doubled");
}

static void storm_schemas(uint64_t seed, bool cached)
{
    static char buffer[SCHEMA_GENERATOR_BYTES];
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = cached});
    struct told told = {0};

    toka_monitor_on_alert(remember, &told);
    for (told.op = 0; told.op < OPS; told.op++) {
        struct text_writer out = {.data = buffer, .capacity = sizeof buffer};

        schema_generate(seed, told.op, &out);
        cr_assert_eq(toka_ensure_schema_compiles(store, (toka_text){out.data, out.size}, NULL, NULL),
                     TOKA_OK);
    }
    expect_told_of_the_leak(&told, cached ? "cached schemas" : "schemas");
    toka_monitor_on_alert(NULL, NULL);
    toka_schema_store_free(store);
}

static void storm_registry(uint64_t seed, bool taken_out)
{
    static struct probe probe;
    struct told told = {0};
    char tag[64];

    toka_monitor_on_alert(remember, &told);
    /* The registration counts in both builds; a dispatch does not, nor what is not supported. */
    for (told.op = 0; told.op < OPS; told.op++) {
        snprintf(tag, sizeof tag, "tool.%lu.%lu", seed, told.op);
        register_probe(tag, &probe);
        cr_assert_eq(dispatch(tag), TOKA_OK);
        if (taken_out)
            cr_assert_eq(toka_registry_unregister(tag), HAS_FIX ? TOKA_OK : TOKA_E_NOT_SUPPORTED);
    }
    expect_told_of_the_leak(&told, taken_out ? "register and unregister" : "register");
    toka_monitor_on_alert(NULL, NULL);
}

/* A test is a process of its own, and so every storm finds a fresh monitor. */
#define STORMS(seed)                                                                                         \
    Test(monitor_alerts, schemas_of_seed_##seed)                                                             \
    {                                                                                                        \
        storm_schemas(seed, false);                                                                          \
    }                                                                                                        \
    Test(monitor_alerts, cached_schemas_of_seed_##seed)                                                      \
    {                                                                                                        \
        storm_schemas(seed, true);                                                                           \
    }                                                                                                        \
    Test(monitor_alerts, registry_storm_of_seed_##seed)                                                      \
    {                                                                                                        \
        storm_registry(seed, true);                                                                          \
    }                                                                                                        \
    Test(monitor_alerts, registry_fill_of_seed_##seed)                                                       \
    {                                                                                                        \
        storm_registry(seed, false);                                                                         \
    }

STORMS(1)
STORMS(2)
STORMS(3)
STORMS(4)
STORMS(20260101)

/* The limit lifted, and handlers come and go at random: only the registry itself keeps it small. */
Test(monitor_alerts, registry_without_a_limit_that_gives_back_is_quiet)
{
    static struct probe probe;
    struct told told = {0};
    struct random random = random_for_op(7, 7);
    toka_status lifted = toka_registry_set_limit(SIZE_MAX);
    char tag[64];

    toka_monitor_on_alert(remember, &told);
    for (told.op = 0; told.op < QUIET_OPS; told.op++) {
        snprintf(tag, sizeof tag, "tag.%u", random_below(&random, 500));
        if (random_percent(&random, 50))
            register_probe(tag, &probe);
        else
            cr_assert_neq(toka_registry_unregister(tag), TOKA_E_ARGUMENT);
    }
    cr_expect_eq(lifted, HAS_FIX ? TOKA_OK : TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(told.times, 0, "alert at op %lu: %s", told.at_op, told.first.line);
}

/* A loss that is the program's own: it asks for schemas and keeps them. */
Test(monitor_alerts, program_that_keeps_its_schemas_is_told)
{
    enum { KEPT = 5000 };
    static toka_schema *kept[KEPT];
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});
    struct told told = {0};
    char buffer[128];

    toka_monitor_on_alert(remember, &told);
    for (told.op = 0; told.op < KEPT; told.op++)
        cr_assert_eq(toka_schema_store_get(store, numbered_schema(buffer, (unsigned)told.op), NULL,
                                           &kept[told.op], NULL),
                     TOKA_OK);
    cr_expect_gt(told.times, 0);
    cr_expect_lt(told.at_op, TOKA_MONITOR_ALERT_OPS);
    for (unsigned i = 0; i < KEPT; i++)
        toka_schema_unref(kept[i]);
    toka_schema_store_free(store);
}

static void use_the_library(void *user_data, const toka_alert *alert)
{
    static char text[TOKA_MONITOR_TEXT_BYTES];

    remember(user_data, alert);
    cr_expect_eq(toka_monitor_write(text, sizeof text, NULL), TOKA_OK);
    cr_expect_eq(dispatch("tag"), TOKA_OK);
    toka_monitor_on_alert(remember, user_data);
}

Test(monitor_alerts, alert_may_use_the_library)
{
    static struct probe probe;
    static toka_schema *kept[10000];
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = false});
    struct told told = {0};
    char buffer[128];

    register_probe("tag", &probe);
    toka_monitor_on_alert(use_the_library, &told);
    for (unsigned i = 0; i < 10000; i++)
        cr_assert_eq(toka_schema_store_get(store, numbered_schema(buffer, i), NULL, &kept[i], NULL), TOKA_OK);
    cr_expect_eq(told.times, 2, "the second when it had doubled");
    cr_expect_eq(probe.calls, 1);
    for (unsigned i = 0; i < 10000; i++)
        toka_schema_unref(kept[i]);
    toka_schema_store_free(store);
}

/* What happens before and after does not matter: nothing but hits and dispatches for long. */
static void idle(toka_schema_store *store, unsigned ops)
{
    for (unsigned i = 0; i < ops; i++) {
        ensure_numbered(store, i % 10);
        cr_assert_eq(dispatch("service"), TOKA_OK);
    }
}

/* A program as it should be, on both builds only while it uses nothing that they leak. */
static toka_schema_store *start_service(struct told *told)
{
    static struct probe probe;
    toka_schema_store *store = new_store((toka_schema_store_options){.cached = true});

    *told = (struct told){0};
    toka_monitor_on_alert(remember, told);
    register_probe("service", &probe);
    idle(store, 20000);
    return store;
}

static void end_service(toka_schema_store *store)
{
    toka_monitor_on_alert(NULL, NULL);
    toka_schema_store_free(store);
}

Test(monitor_alerts, service_that_only_uses_what_it_has_is_quiet)
{
    struct told told;
    toka_schema_store *store = start_service(&told);

    idle(store, QUIET_OPS);
    cr_expect_eq(told.times, 0, "%s", told.first.line);
    end_service(store);
}

/* Each burst holds what it asked for until it is over. */
Test(monitor_alerts, bursts_are_quiet_where_what_they_take_is_given_back)
{
    enum { BURSTS = 200, MOST = 2000 };
    static toka_schema *held[MOST];
    struct random random = random_for_op(11, 11);
    struct told told;
    toka_schema_store *store = start_service(&told), *burst = NULL;
    char buffer[128];

    if (!HAS_FIX)
        cr_skip_test("each compiled schema leaks in this build");
    burst = new_store((toka_schema_store_options){.cached = false});
    for (unsigned i = 0; i < BURSTS; i++) {
        unsigned size = random_below(&random, MOST);

        for (unsigned k = 0; k < size; k++)
            cr_assert_eq(toka_schema_store_get(burst, numbered_schema(buffer, k), NULL, &held[k], NULL),
                         TOKA_OK);
        for (unsigned k = 0; k < size; k++)
            toka_schema_unref(held[k]);
        idle(store, random_below(&random, 500));
    }
    cr_expect_eq(told.times, 0, "%s", told.first.line);
    toka_schema_store_free(burst);
    end_service(store);
}

Test(monitor_alerts, large_cache_and_registry_that_fill_up_are_quiet)
{
    enum { ENTRIES = 20000 };
    static struct probe probe;
    struct told told;
    toka_schema_store *store = start_service(&told), *large = NULL;
    char tag[32];

    if (!HAS_FIX)
        cr_skip_test("neither has a limit in this build");
    cr_assert_eq(toka_registry_set_limit(ENTRIES), TOKA_OK);
    large = new_store((toka_schema_store_options){.cached = true, .max_entries = ENTRIES});
    for (unsigned i = 0; i < ENTRIES + ENTRIES / 4; i++) {
        ensure_numbered(large, i);
        register_probe(numbered_tag(tag, i), &probe);
    }
    cr_expect_eq(told.times, 0, "%s", told.first.line);
    toka_schema_store_free(large);
    end_service(store);
}

/* A table of schemas that a program loads late and keeps. */
static struct told load_table(unsigned schemas)
{
    struct told told;
    toka_schema_store *store = start_service(&told);
    toka_schema_store *loader = new_store((toka_schema_store_options){.cached = false});
    toka_schema **table = calloc(schemas, sizeof *table);
    char buffer[128];

    cr_assert_not_null(table);
    for (unsigned i = 0; i < schemas; i++)
        cr_assert_eq(toka_schema_store_get(loader, numbered_schema(buffer, i), NULL, &table[i], NULL),
                     TOKA_OK);
    for (unsigned i = 0; i < 50000; i++)
        ensure_numbered(store, i % 10);
    for (unsigned i = 0; i < schemas; i++)
        toka_schema_unref(table[i]);
    free(table);
    toka_schema_store_free(loader);
    end_service(store);
    return told;
}

Test(monitor_alerts, table_that_is_loaded_late_is_quiet_up_to_three_thousand_schemas)
{
    struct told told = load_table(3000);

    cr_expect_eq(told.times, 0, "%s", told.first.line);
}

/* While it is loaded nobody can tell a larger one from a leak; once it is there, all is quiet again. */
Test(monitor_alerts, larger_table_is_told_while_it_is_loaded_and_not_after)
{
    struct told told = load_table(12000);

    cr_expect_geq(told.times, 1);
    cr_expect_leq(told.times, 3, "one when it is found, then one when it has doubled");
}
