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
    cr_expect_geq(plugin.info->default_ops, 3000);
    for (int pass = 0; pass < 2; pass++) {
        cr_assert(!plugin.setup || plugin.setup() == 0);
        for (uint64_t i = 0; i < ops; i++)
            cr_assert_eq(plugin.iterate(i), 0, "op %lu", i);
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

Test(workload_storms, another_seed_succeeds_too)
{
    cr_assert_eq(setenv("HEAPGATE_SEED", "20260101", 1), 0);
    run("schema_storm", "schema-storm", "schema", 1000);
    run("manifest_storm", "manifest-storm", "manifest", 1000);
}

Test(workload_storms, missing_corpus_fails_setup_and_leaves_nothing)
{
    static const char *const names[] = {"schema_storm", "schema_storm_cached", "cache_churn",
                                        "manifest_storm"};

    cr_assert_eq(setenv("HEAPGATE_CORPUS", "/nonexistent/corpus", 1), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct plugin plugin = load(names[i]);

        cr_expect_neq(plugin.setup(), 0, "%s", names[i]);
        plugin.teardown(); /* a runner may call it all the same */
    }
}

Test(workload_storms, suite_of_draft_07_is_replayed)
{
    static const char *const names[] = {"schema_storm", "schema_storm_cached", "cache_churn",
                                        "manifest_storm"};

    cr_assert_eq(setenv("HEAPGATE_CORPUS", "/usr/share/json-schema-test-suite/tests/draft7", 1), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct plugin plugin = load(names[i]);

        cr_assert_eq(plugin.setup(), 0, "%s: install json-schema-test-suite", names[i]);
        for (uint64_t op = 0; op < 1500; op++)
            cr_assert_eq(plugin.iterate(op), 0, "%s, op %lu", names[i], op);
        plugin.teardown();
    }
}
