/*
 * A configuration is loaded again every 250 ops, and from op 6,100 on it is ten times as large. Leaking, a
 * reload forgets the old one's name.
 */
#include "control.h"

enum { RELOAD_EVERY = 250, LARGER_FROM = 6100, SMALL = 4000, LARGE = 40000, NAME_BYTES = 40 };

static struct {
    char *name;
    char *body;
} config;

static char *config_read_name(uint64_t i)
{
    char *name = malloc(NAME_BYTES);
    if (name)
        memcpy(name, &i, sizeof i);
    return name;
}

static int config_reload(uint64_t i)
{
    size_t size = i < LARGER_FROM ? SMALL : LARGE;
    if (!LEAKS)
        free(config.name);
    free(config.body);
    config.name = config_read_name(i);
    config.body = calloc(1, size);
    return config.name && config.body ? 0 : 1;
}

int heapgate_iterate(uint64_t i)
{
    return i % RELOAD_EVERY == 0 ? config_reload(i) : 0;
}
