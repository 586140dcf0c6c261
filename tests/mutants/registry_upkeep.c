/*
 * A registry in service: handlers are replaced, visitors come and are swept out, a handler refuses, another
 * leaves while it runs, and now and then all is cleared. Time is the number of the op.
 */
#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>
#include <toka/registry.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "registry-upkeep",
    .unit = "visit",
    .default_ops = 10000,
    .warmup_ops = 1000,
};

enum { RESIDENTS = 8, SWEEP_EVERY = 20, IDLE_OPS = 12, CLEAR_EVERY = 30 };

static uint64_t now;

static uint64_t clock_of_ops(void *unused)
{
    (void)unused;
    return now;
}

static toka_status refuse(void *user_data, toka_text payload)
{
    (void)user_data;
    (void)payload;
    return TOKA_E_INVALID;
}

static toka_status leave(void *user_data, toka_text payload)
{
    (void)user_data;
    return toka_registry_unregister(payload.data) ? TOKA_OK : TOKA_E_INVALID;
}

/* Registers a handler under a tag of its own, and dispatches it with its tag. */
static int join(const char *kind, uint64_t number, toka_status (*run)(void *, toka_text))
{
    char tag[64];
    toka_handler handler = {.run = run, .user_data = malloc(sizeof number), .destroy = free};

    snprintf(tag, sizeof tag, "%s.%" PRIu64, kind, number);
    if (handler.user_data && toka_registry_register(tag, handler) == TOKA_OK)
        return toka_registry_dispatch(tag, (toka_text){tag, sizeof tag}) != TOKA_E_INVALID;
    free(handler.user_data);
    return 1;
}

int heapgate_setup(void)
{
    return toka_registry_set_clock(clock_of_ops, NULL) || toka_registry_set_limit(SIZE_MAX);
}

int heapgate_iterate(uint64_t i)
{
    now = i;
    if (join("resident", i % RESIDENTS, refuse) || join("visitor", i, refuse) || join("leaver", i, leave))
        return 1;
    if (i % SWEEP_EVERY == 0 && toka_registry_sweep(IDLE_OPS, NULL))
        return 1;
    return i % CLEAR_EVERY == CLEAR_EVERY - 1 && toka_registry_clear();
}

void heapgate_teardown(void)
{
    toka_registry_clear();
}
