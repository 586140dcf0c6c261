/* The build `after` holds the fix: handlers can be taken out, and the registry has a limit. */
#include "registry_support.h"

static uint64_t read_clock(void *clock_data)
{
    return *(uint64_t *)clock_data;
}

Test(registry_after, unregister_destroys_the_handler)
{
    struct probe probe = {0};

    register_probe("tag", &probe);
    cr_expect_eq(toka_registry_unregister("other"), TOKA_E_NOT_FOUND);
    cr_expect_eq(toka_registry_unregister("tag"), TOKA_OK);
    cr_expect_eq(probe.destroyed, 1);
    cr_expect_eq(dispatch("tag"), TOKA_E_NOT_FOUND);
    cr_expect_eq(toka_registry_unregister("tag"), TOKA_E_NOT_FOUND);
    cr_expect_eq(toka_registry_unregister(""), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_registry_size(), 0);
}

Test(registry_after, handler_without_a_destroy_function_is_taken_out_too)
{
    struct probe probe = {0};

    cr_assert_eq(toka_registry_register("tag", (toka_handler){probe_run, &probe, NULL}), TOKA_OK);
    cr_expect_eq(toka_registry_unregister("tag"), TOKA_OK);
    cr_expect_eq(toka_registry_size(), 0);
}

Test(registry_after, holds_a_thousand_handlers_and_evicts_the_oldest)
{
    enum { COUNT = TOKA_REGISTRY_DEFAULT_LIMIT + 500 };
    static struct probe probes[COUNT];
    char tag[32];

    for (unsigned i = 0; i < COUNT; i++) {
        register_probe(numbered_tag(tag, i), &probes[i]);
        cr_assert_leq(toka_registry_size(), TOKA_REGISTRY_DEFAULT_LIMIT);
    }
    for (unsigned i = 0; i < COUNT; i++)
        cr_assert_eq(probes[i].destroyed, i < 500 ? 1 : 0, "handler %u", i);
}

Test(registry_after, dispatch_counts_as_use)
{
    static struct probe probes[4];
    char tag[32];

    cr_assert_eq(toka_registry_set_limit(3), TOKA_OK);
    for (unsigned i = 0; i < 3; i++)
        register_probe(numbered_tag(tag, i), &probes[i]);
    cr_assert_eq(dispatch("tag.0"), TOKA_OK);
    register_probe("tag.3", &probes[3]);
    cr_expect_eq(probes[0].destroyed, 0);
    cr_expect_eq(probes[1].destroyed, 1);
}

Test(registry_after, lower_limit_evicts_at_once)
{
    static struct probe probes[10];
    char tag[32];

    for (unsigned i = 0; i < 10; i++)
        register_probe(numbered_tag(tag, i), &probes[i]);
    cr_expect_eq(toka_registry_set_limit(0), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_registry_size(), 10);
    cr_expect_eq(toka_registry_set_limit(4), TOKA_OK);
    cr_expect_eq(toka_registry_size(), 4);
    cr_expect_eq(probes[5].destroyed, 1);
    cr_expect_eq(probes[6].destroyed, 0);
}

Test(registry_after, clear_destroys_every_handler_once)
{
    static struct probe probes[50];
    char tag[32];

    for (unsigned i = 0; i < 50; i++)
        register_probe(numbered_tag(tag, i), &probes[i]);
    cr_expect_eq(toka_registry_clear(), TOKA_OK);
    cr_expect_eq(toka_registry_size(), 0);
    for (unsigned i = 0; i < 50; i++)
        cr_assert_eq(probes[i].destroyed, 1);
    cr_expect_eq(toka_registry_clear(), TOKA_OK);
    register_probe("tag.1", &probes[1]);
    cr_expect_eq(dispatch("tag.1"), TOKA_OK);
}

Test(registry_after, sweep_takes_out_what_has_been_idle)
{
    static struct probe probes[3];
    static uint64_t now_ms = 1000;
    size_t removed = 99;

    cr_assert_eq(toka_registry_set_clock(read_clock, &now_ms), TOKA_OK);
    register_probe("old", &probes[0]);
    register_probe("used", &probes[1]);
    now_ms = 1500;
    register_probe("new", &probes[2]);
    cr_assert_eq(dispatch("used"), TOKA_OK);
    now_ms = 1999;
    cr_expect_eq(toka_registry_sweep(1000, &removed), TOKA_OK);
    cr_expect_eq(removed, 0);
    now_ms = 2000;
    cr_expect_eq(toka_registry_sweep(1000, &removed), TOKA_OK);
    cr_expect_eq(removed, 1);
    cr_expect_eq(probes[0].destroyed, 1);
    cr_expect_eq(toka_registry_sweep(UINT64_MAX, &removed), TOKA_OK);
    cr_expect_eq(removed, 0);
    cr_expect_eq(toka_registry_sweep(0, NULL), TOKA_OK);
    cr_expect_eq(toka_registry_size(), 0);
}

Test(registry_after, new_clock_starts_every_idle_time_anew)
{
    static struct probe probe;
    uint64_t now_ms = 1u << 30;
    size_t removed = 99;

    cr_assert_eq(toka_registry_set_clock(read_clock, &now_ms), TOKA_OK);
    register_probe("tag", &probe);
    cr_assert_eq(toka_registry_set_clock(NULL, NULL), TOKA_OK);
    cr_expect_eq(toka_registry_sweep(3600 * 1000, &removed), TOKA_OK);
    cr_expect_eq(removed, 0);
    cr_expect_eq(toka_registry_size(), 1);
}

static toka_status unregister_itself(void *user_data, toka_text payload)
{
    struct probe *probe = user_data;

    (void)payload;
    cr_expect_eq(toka_registry_unregister("self"), TOKA_OK);
    cr_expect_eq(toka_registry_clear(), TOKA_OK);
    cr_expect_eq(dispatch("self"), TOKA_E_NOT_FOUND);
    cr_expect_eq(probe->destroyed, 0, "it is running");
    return TOKA_OK;
}

Test(registry_after, handler_that_unregisters_itself_lives_until_it_returns)
{
    struct probe probe = {0};

    cr_assert_eq(toka_registry_register("self", (toka_handler){unregister_itself, &probe, probe_destroy}),
                 TOKA_OK);
    cr_expect_eq(dispatch("self"), TOKA_OK);
    cr_expect_eq(probe.destroyed, 1);
}

static void register_another(void *user_data)
{
    register_probe("another", user_data);
}

Test(registry_after, destroy_may_use_the_registry)
{
    static struct probe probe;

    cr_assert_eq(toka_registry_register("tag", (toka_handler){probe_run, &probe, register_another}), TOKA_OK);
    cr_expect_eq(toka_registry_unregister("tag"), TOKA_OK);
    cr_expect_eq(dispatch("another"), TOKA_OK);
}
