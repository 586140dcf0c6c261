/* What both builds of the registry promise. */
#include "registry_support.h"

static toka_status echo_size(void *user_data, toka_text payload)
{
    *(size_t *)user_data = payload.size;
    return TOKA_E_LIMIT;
}

Test(registry, dispatch_passes_the_payload_and_returns_the_handlers_status)
{
    size_t seen = 0;

    cr_assert_eq(toka_registry_register("echo", (toka_handler){echo_size, &seen, NULL}), TOKA_OK);
    cr_expect_eq(toka_registry_dispatch("echo", (toka_text){"four", 4}), TOKA_E_LIMIT);
    cr_expect_eq(seen, 4);
    cr_expect_eq(toka_registry_size(), 1);
}

Test(registry, does_not_find_what_was_never_registered)
{
    struct probe probe = {0};

    cr_expect_eq(dispatch("nothing"), TOKA_E_NOT_FOUND);
    register_probe("something", &probe);
    cr_expect_eq(dispatch("somethin"), TOKA_E_NOT_FOUND);
    cr_expect_eq(dispatch("something2"), TOKA_E_NOT_FOUND);
    cr_expect_eq(probe.calls, 0);
}

Test(registry, replacing_destroys_the_handler_that_was_there)
{
    struct probe first = {0}, second = {0};

    register_probe("tag", &first);
    register_probe("tag", &second);
    cr_expect_eq(first.destroyed, 1);
    cr_expect_eq(dispatch("tag"), TOKA_OK);
    cr_expect_eq(first.calls, 0);
    cr_expect_eq(second.calls, 1);
    cr_expect_eq(second.destroyed, 0);
    cr_expect_eq(toka_registry_size(), 1);
}

Test(registry, finds_each_of_many_handlers)
{
    enum { COUNT = 900 };
    static struct probe probes[COUNT];
    char tag[32];

    for (unsigned i = 0; i < COUNT; i++)
        register_probe(numbered_tag(tag, i), &probes[i]);
    for (unsigned i = 0; i < COUNT; i++)
        cr_assert_eq(dispatch(numbered_tag(tag, i)), TOKA_OK);
    for (unsigned i = 0; i < COUNT; i++)
        cr_assert_eq(probes[i].calls, 1);
    cr_expect_eq(toka_registry_size(), COUNT);
}

Test(registry, refuses_tags_that_are_missing_or_too_long)
{
    static char tag[TOKA_REGISTRY_MAX_TAG_BYTES + 2];
    struct probe probe = {0};
    toka_handler handler = {probe_run, &probe, probe_destroy};

    cr_expect_eq(toka_registry_register(NULL, handler), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_registry_register("", handler), TOKA_E_ARGUMENT);
    cr_expect_eq(toka_registry_register("tag", (toka_handler){NULL, &probe, probe_destroy}), TOKA_E_ARGUMENT);
    cr_expect_eq(dispatch(NULL), TOKA_E_ARGUMENT);
    memset(tag, 't', TOKA_REGISTRY_MAX_TAG_BYTES + 1);
    cr_expect_eq(toka_registry_register(tag, handler), TOKA_E_TOO_LARGE);
    cr_expect_eq(dispatch(tag), TOKA_E_TOO_LARGE);
    cr_expect_eq(probe.destroyed, 0, "the handler stays the caller's");
    tag[TOKA_REGISTRY_MAX_TAG_BYTES] = '\0';
    cr_expect_eq(toka_registry_register(tag, handler), TOKA_OK);
    cr_expect_eq(dispatch(tag), TOKA_OK);
}

static toka_status replace_itself(void *user_data, toka_text payload)
{
    struct probe *probes = user_data;

    (void)payload;
    register_probe("self", &probes[1]);
    cr_expect_eq(probes[0].destroyed, 0, "it is running");
    return dispatch("self");
}

Test(registry, handler_may_replace_itself_and_dispatch)
{
    struct probe probes[2] = {{0}, {0}};

    cr_assert_eq(toka_registry_register("self", (toka_handler){replace_itself, probes, probe_destroy}),
                 TOKA_OK);
    cr_expect_eq(dispatch("self"), TOKA_OK);
    cr_expect_eq(probes[1].calls, 1);
    cr_expect_eq(probes[0].destroyed, 1);
}
