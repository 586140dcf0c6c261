/* The build `before` has Toka v0.2.1's fault: the registry only grows. */
#include "registry_support.h"

Test(registry_before, grows_with_every_tag)
{
    char tag[32];
    static struct probe probe;

    for (unsigned i = 0; i < 5000; i++)
        register_probe(numbered_tag(tag, i), &probe);
    cr_expect_eq(toka_registry_size(), 5000);
    cr_expect_eq(probe.destroyed, 0);
}

Test(registry_before, offers_no_way_to_take_a_handler_out)
{
    struct probe probe = {0};
    size_t removed = 17;

    register_probe("tag", &probe);
    cr_expect_eq(toka_registry_unregister("tag"), TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(toka_registry_clear(), TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(toka_registry_sweep(0, &removed), TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(toka_registry_set_limit(1), TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(toka_registry_set_clock(NULL, NULL), TOKA_E_NOT_SUPPORTED);
    cr_expect_eq(removed, 17);
    cr_expect_eq(probe.destroyed, 0);
    cr_expect_eq(dispatch("tag"), TOKA_OK);
}
