/*
 * Runs the plug-ins themselves, each in a process of its own, against the build this program is linked with:
 * every op must succeed, setup must survive failure and repetition, and in `after` the subject stands at its
 * bounds.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <heapgate/workload.h>
#include <stdio.h>
#include <string.h>
#include <toka/registry.h>

struct plugin {
    void *handle;
    const struct heapgate_info *info;
    int (*iterate)(uint64_t i);
    int (*setup)(void);
    void (*quiesce)(void);
    void (*teardown)(void);
};

static struct plugin load(const char *name)
{
    struct plugin plugin = {0};
    char path[500];

    snprintf(path, sizeof path, HG_BUILD_DIR "/workloads/%s.so", name);
    plugin.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(plugin.handle, "%s", dlerror());
    plugin.info = dlsym(plugin.handle, "heapgate_info");
    *(void **)&plugin.iterate = dlsym(plugin.handle, "heapgate_iterate");
    *(void **)&plugin.setup = dlsym(plugin.handle, "heapgate_setup");
    *(void **)&plugin.quiesce = dlsym(plugin.handle, "heapgate_quiesce");
    *(void **)&plugin.teardown = dlsym(plugin.handle, "heapgate_teardown");
    cr_assert(plugin.info && plugin.iterate && plugin.teardown, "%s lacks an entry", name);
    return plugin;
}

/* Runs ops from setup to teardown, twice: the second run finds nothing of the first. */
static void run(const char *name, const char *display_name, const char *unit, uint64_t ops)
{
    struct plugin plugin = load(name);

    cr_expect_str_eq(plugin.info->name, display_name);
    cr_expect_str_eq(plugin.info->unit, unit);
    cr_expect_geq(plugin.info->default_ops, 1000);
    for (int pass = 0; pass < 2; pass++) {
        cr_assert(!plugin.setup || plugin.setup() == 0);
        for (uint64_t i = 0; i < ops; i++)
            cr_assert_eq(plugin.iterate(i), 0, "op %lu", i);
        if (plugin.quiesce)
            plugin.quiesce();
        plugin.teardown();
    }
    dlclose(plugin.handle);
}

Test(workload_storms, schema_storm_succeeds)
{
    run("schema_storm", "schema-storm", "schema", 2000);
}

Test(workload_storms, schema_storm_cached_succeeds)
{
    run("schema_storm_cached", "schema-storm-cached", "schema", 3000);
}

Test(workload_storms, cache_churn_succeeds)
{
    run("cache_churn", "cache-churn", "lookup", 6000);
}

Test(workload_storms, registry_storm_succeeds)
{
    run("registry_storm", "registry-storm", "handler", 10000);
    cr_expect_eq(toka_registry_size(), HAS_FIX ? 0 : 10000);
}

Test(workload_storms, registry_fill_succeeds)
{
    struct plugin plugin = load("registry_fill");

    for (uint64_t i = 0; i < 3000; i++)
        cr_assert_eq(plugin.iterate(i), 0);
    cr_expect_eq(toka_registry_size(), HAS_FIX ? TOKA_REGISTRY_DEFAULT_LIMIT : 3000);
    run("registry_fill", "registry-fill", "handler", 100);
}

Test(workload_storms, manifest_storm_succeeds)
{
    run("manifest_storm", "manifest-storm", "manifest", 3000);
}

Test(workload_storms, replay_succeeds_and_gives_back_what_the_log_left_over)
{
    cr_assert_eq(setenv("HEAPGATE_CORPUS", HG_SOURCE_DIR "/workloads/logs/service.jsonl", 1), 0);
    run("replay", "replay", "op", 3000);
    cr_expect(!HAS_FIX || toka_registry_size() == 0);
}

Test(workload_storms, replay_needs_a_log)
{
    struct plugin plugin = load("replay");

    cr_expect_neq(plugin.setup(), 0);
    plugin.teardown();
    cr_assert_eq(setenv("HEAPGATE_CORPUS", HG_SOURCE_DIR "/README.md", 1), 0);
    cr_expect_neq(plugin.setup(), 0);
    plugin.teardown();
}

Test(workload_storms, concurrent_storm_succeeds_with_any_number_of_threads)
{
    static const char *const counts[] = {"1", "4", "64"};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        cr_assert_eq(setenv("HEAPGATE_THREADS", counts[i], 1), 0);
        run("concurrent_storm", "concurrent-storm", "request", 3000);
        cr_expect(!HAS_FIX || toka_registry_size() == 0);
    }
}

/* A storm whose setup must refuse what the variable says. */
static void expect_refused(const char *name, const char *variable)
{
    static const char *const values[] = {"0",      "-1", "+4", " 4", "4x", "four", "99999999999999999999",
                                         "1000001"};
    struct plugin plugin = load(name);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        cr_assert_eq(setenv(variable, values[i], 1), 0);
        cr_expect_neq(plugin.setup(), 0, "%s=%s", variable, values[i]);
        plugin.teardown(); /* a runner may call it all the same */
    }
    cr_assert_eq(setenv(variable, "", 1), 0);
    cr_expect_eq(plugin.setup(), 0, "empty is not set");
    plugin.teardown();
}

Test(workload_storms, concurrent_storm_refuses_a_strange_number_of_threads)
{
    expect_refused("concurrent_storm", "HEAPGATE_THREADS");
}

Test(workload_storms, long_run_refuses_a_strange_rate)
{
    expect_refused("long_run", "HEAPGATE_SCHEMAS_PER_HOUR");
}

Test(workload_storms, long_run_succeeds_for_two_days)
{
    cr_assert_eq(setenv("HEAPGATE_SCHEMAS_PER_HOUR", "100", 1), 0);
    run("long_run", "long-run", "minute", 2880);
}

Test(workload_storms, long_run_sweeps_sessions_that_were_cut_off)
{
    struct plugin plugin = load("long_run");

    cr_assert_eq(setenv("HEAPGATE_SCHEMAS_PER_HOUR", "1", 1), 0);
    cr_assert_eq(plugin.setup(), 0);
    for (uint64_t minute = 0; minute < 1440; minute++) {
        cr_assert_eq(plugin.iterate(minute), 0);
        /* 40 handlers of the service, 13 sessions under way, and those cut off in the last half hour. */
        cr_assert(!HAS_FIX || toka_registry_size() < 40 + 13 + 35, "minute %lu: %zu", minute,
                  toka_registry_size());
    }
    cr_expect(HAS_FIX || toka_registry_size() == 40 + 1440);
    plugin.teardown();
}

Test(workload_storms, another_seed_succeeds_too)
{
    cr_assert_eq(setenv("HEAPGATE_SEED", "20260101", 1), 0);
    run("schema_storm", "schema-storm", "schema", 1000);
    run("manifest_storm", "manifest-storm", "manifest", 1000);
    run("concurrent_storm", "concurrent-storm", "request", 1000);
    run("long_run", "long-run", "minute", 200);
}

Test(workload_storms, missing_corpus_fails_setup_and_leaves_nothing)
{
    static const char *const names[] = {"schema_storm",   "schema_storm_cached", "cache_churn",
                                        "manifest_storm", "concurrent_storm",    "long_run"};

    cr_assert_eq(setenv("HEAPGATE_CORPUS", "/nonexistent/corpus", 1), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct plugin plugin = load(names[i]);

        cr_expect_neq(plugin.setup(), 0, "%s", names[i]);
        plugin.teardown(); /* a runner may call it all the same */
    }
}

Test(workload_storms, suite_of_draft_07_is_replayed)
{
    static const char *const names[] = {"schema_storm",   "schema_storm_cached", "cache_churn",
                                        "manifest_storm", "concurrent_storm",    "long_run"};

    cr_assert_eq(setenv("HEAPGATE_CORPUS", "/usr/share/json-schema-test-suite/tests/draft7", 1), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct plugin plugin = load(names[i]);

        cr_assert_eq(plugin.setup(), 0, "%s: install json-schema-test-suite", names[i]);
        for (uint64_t op = 0; op < 1500; op++)
            cr_assert_eq(plugin.iterate(op), 0, "%s, op %lu", names[i], op);
        if (plugin.quiesce)
            plugin.quiesce();
        plugin.teardown();
    }
}
