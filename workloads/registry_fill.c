/*
 * Registers handlers under ever new tags and removes none. A registry with a limit stops growing when it
 * reaches it.
 */
#include <heapgate/workload.h>
#include <inttypes.h>
#include <stdio.h>
#include <toka/registry.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {
    .name = "registry-fill",
    .unit = "handler",
    .default_ops = 10000,
    .warmup_ops = 2000, /* twice the default limit */
};

static toka_status run(void *user_data, toka_text payload)
{
    (void)user_data;
    (void)payload;
    return TOKA_OK;
}

int heapgate_iterate(uint64_t i)
{
    char tag[64];
    toka_handler handler = {.run = run, .user_data = malloc(sizeof i), .destroy = free};
    toka_status status = TOKA_E_NO_MEMORY;

    snprintf(tag, sizeof tag, "tool.%" PRIu64 ".fill.%" PRIu64, heapgate_seed(), i);
    if (handler.user_data)
        status = toka_registry_register(tag, handler);
    if (status == TOKA_OK)
        return 0;
    free(handler.user_data);
    fprintf(stderr, "registry-fill: op %" PRIu64 ": %s\n", i, toka_status_name(status));
    return 1;
}

void heapgate_teardown(void)
{
    toka_registry_clear(); /* where the build can */
}
