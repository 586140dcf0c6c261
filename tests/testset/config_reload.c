/* A daemon that reloads its configuration of 80 KiB every 3,000 ops; requests hold a reference. The
 * mistake: the one that holds the old configuration during a reload gives its reference to the new.
 * Healthy: to its own. */
#include "pair.h"

enum { PERIOD = 3000, SIZE = 80 * 1024 };

struct config {
    unsigned references;
    uint32_t version;
    uint8_t text[SIZE];
};

static struct config *active;

PAIR_NOINLINE static struct config *config_load(uint32_t version)
{
    struct config *config = malloc(sizeof *config);
    if (!config)
        abort();
    config->references = 1;
    config->version = version;
    memset(config->text, (int)(version & 127), sizeof config->text);
    return config;
}

PAIR_NOINLINE static void release(struct config *config)
{
    if (--config->references == 0)
        free(config);
}

static void reload(uint32_t version)
{
    struct config *old = active;
    active = config_load(version);
    release(old);
}

int heapgate_setup(void)
{
    active = config_load(0);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    struct config *mine = active;
    mine->references++;
    if (i % PERIOD == PERIOD - 1) {
        reload((uint32_t)(i / PERIOD + 1));
        if (LEAKS && active->version % 4 == 0) {
            active->references++;
            mine = active;
        }
    }
    release(mine);
    return 0;
}
