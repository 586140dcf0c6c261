/* Handlers for the tests of the registry. */
#ifndef REGISTRY_SUPPORT_H
#define REGISTRY_SUPPORT_H

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <toka/registry.h>

/* Counts what happens to one handler; lives in the test, not in the registry. */
struct probe {
    atomic_int calls, destroyed;
};

static inline toka_status probe_run(void *user_data, toka_text payload)
{
    struct probe *probe = user_data;

    (void)payload;
    probe->calls++;
    return TOKA_OK;
}

static inline void probe_destroy(void *user_data)
{
    ((struct probe *)user_data)->destroyed++;
}

static inline void register_probe(const char *tag, struct probe *probe)
{
    cr_assert_eq(toka_registry_register(tag, (toka_handler){probe_run, probe, probe_destroy}), TOKA_OK);
}

static inline toka_status dispatch(const char *tag)
{
    return toka_registry_dispatch(tag, (toka_text){"", 0});
}

static inline const char *numbered_tag(char buffer[32], unsigned number)
{
    snprintf(buffer, 32, "tag.%u", number);
    return buffer;
}

#endif
