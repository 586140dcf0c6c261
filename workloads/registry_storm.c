/*
 * The life of a handler, again and again: it is registered under a new tag, dispatched once and unregistered.
 * A registry that cannot unregister keeps every handler and what it owns. The limit is raised as far as
 * possible, so that only unregister keeps the registry small. The workload does not check whether it did:
 * what is left shows as growth.
 */
#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <toka/registry.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "registry-storm",
    .unit = "handler",
    .default_ops = 10000,
    .warmup_ops = 1000,
};

struct state {
    uint64_t op, calls;
    char endpoint[48];
};

static toka_status run(void *user_data, toka_text payload)
{
    struct state *state = user_data;

    state->calls++;
    return payload.size == sizeof state->op && memcmp(payload.data, &state->op, payload.size) == 0
               ? TOKA_OK
               : TOKA_E_INVALID;
}

static toka_handler new_handler(uint64_t i)
{
    toka_handler handler = {.run = run, .user_data = malloc(sizeof(struct state)), .destroy = free};

    if (handler.user_data)
        *(struct state *)handler.user_data = (struct state){.op = i, .endpoint = "https://tools.example/rpc"};
    return handler;
}

static int complain(uint64_t i, const char *operation, toka_status status)
{
    fprintf(stderr, "registry-storm: op %" PRIu64 ": %s: %s\n", i, operation, toka_status_name(status));
    return 1;
}

int heapgate_setup(void)
{
    toka_status status = toka_registry_set_limit(SIZE_MAX);

    return status && status != TOKA_E_NOT_SUPPORTED;
}

int heapgate_iterate(uint64_t i)
{
    char tag[64];
    toka_handler handler = new_handler(i);
    toka_status status = TOKA_E_NO_MEMORY;

    snprintf(tag, sizeof tag, "tool.%" PRIu64 ".op.%" PRIu64, heapgate_seed(), i);
    if (handler.user_data)
        status = toka_registry_register(tag, handler);
    if (status) {
        free(handler.user_data);
        return complain(i, "register", status);
    }
    status = toka_registry_dispatch(tag, (toka_text){(const char *)&i, sizeof i});
    if (status)
        return complain(i, "dispatch", status);
    status = toka_registry_unregister(tag);
    if (status && status != TOKA_E_NOT_SUPPORTED)
        return complain(i, "unregister", status);
    return 0;
}

void heapgate_teardown(void)
{
    toka_registry_clear(); /* where the build can */
    toka_registry_set_limit(TOKA_REGISTRY_DEFAULT_LIMIT);
}
