/*
 * The alert while the storms of the Toka suite run, over several seeds, against the build this program is
 * linked with: `before` is always told of, `after` never.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <toka/monitor.h>

enum { SEEDS = 2 };

struct storm {
    char plugin[32];
    uint64_t ops;    /* to run */
    uint64_t within; /* so many of them, the leak is told */
    unsigned seed;
};

static struct {
    atomic_uint times;
    _Atomic uint64_t op, at_op;
    toka_alert first;
} told;

static void remember(void *user_data, const toka_alert *alert)
{
    (void)user_data;
    if (atomic_fetch_add(&told.times, 1) > 0)
        return;
    told.first = *alert;
    told.at_op = told.op;
}

static void run(const struct storm *storm)
{
    char path[500], seed[32];
    void *plugin = NULL;
    int (*iterate)(uint64_t) = NULL, (*setup)(void) = NULL;
    void (*quiesce)(void) = NULL;

    snprintf(path, sizeof path, HG_BUILD_DIR "/workloads/%s.so", storm->plugin);
    snprintf(seed, sizeof seed, "%u", storm->seed);
    cr_assert_eq(setenv("HEAPGATE_SEED", seed, 1), 0);
    plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(plugin, "%s", dlerror());
    *(void **)&iterate = dlsym(plugin, "heapgate_iterate");
    *(void **)&setup = dlsym(plugin, "heapgate_setup");
    *(void **)&quiesce = dlsym(plugin, "heapgate_quiesce");
    cr_assert(iterate && (!setup || setup() == 0));
    for (told.op = 0; told.op < storm->ops && told.times == 0; told.op++)
        cr_assert_eq(iterate(told.op), 0, "%s, op %lu", storm->plugin, told.op);
    if (quiesce)
        quiesce();
}

static const struct storm storms[] = {
    {"schema_storm", 6000, TOKA_MONITOR_ALERT_OPS, 0},
    {"schema_storm_cached", 6000, TOKA_MONITOR_ALERT_OPS, 0},
    {"cache_churn", 35000, 35000, 0}, /* most of them hits */
    {"registry_storm", 20000, TOKA_MONITOR_ALERT_OPS, 0},
    {"registry_fill", 20000, TOKA_MONITOR_ALERT_OPS, 0},
    {"manifest_storm", 9000, 9000, 0}, /* about every other has no schema to compile */
    {"concurrent_storm", 18000, 18000, 0},
    {"long_run", 1440, 1440, 0},
};

ParameterizedTestParameters(monitor_storms, is_told_of_the_leaky_build_only)
{
    enum { STORMS = sizeof storms / sizeof *storms };
    static struct storm runs[STORMS * SEEDS];

    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        runs[i] = storms[i % STORMS];
        runs[i].seed = (unsigned)(1 + i / STORMS * 7);
    }
    return cr_make_param_array(struct storm, runs, sizeof runs / sizeof *runs);
}

ParameterizedTest(const struct storm *storm, monitor_storms, is_told_of_the_leaky_build_only)
{
    toka_monitor_on_alert(remember, NULL);
    run(storm);
    if (HAS_FIX) {
        cr_expect_eq(told.times, 0, "%s, seed %u: alert at op %lu: %s", storm->plugin, storm->seed,
                     told.at_op, told.first.line);
    } else {
        cr_expect_gt(told.times, 0, "%s, seed %u", storm->plugin, storm->seed);
        cr_expect_lt(told.at_op, storm->within, "%s, seed %u", storm->plugin, storm->seed);
    }
}
