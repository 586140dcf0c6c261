/* A pool of at most 64 database connections that opens as demand rises. The mistake: after an error the
 * connection is marked bad and its place is given free without closing it. Healthy: a bad one is freed. */
#include "pair.h"

enum { POOL = 64, BUFFER = 4096 };

struct connection {
    uint64_t busy_until;
    bool bad;
    uint8_t state[240];
    uint8_t buffer[BUFFER];
};

static struct connection *pool[POOL];

PAIR_NOINLINE static struct connection *connection_new(void)
{
    struct connection *connection = malloc(sizeof *connection);
    if (!connection)
        abort();
    connection->busy_until = 0;
    connection->bad = false;
    memset(connection->state, 0, sizeof connection->state);
    connection->buffer[0] = 0;
    return connection;
}

static struct connection *obtain(uint64_t now)
{
    for (size_t k = 0; k < POOL; k++) {
        if (pool[k] && pool[k]->bad) {
            if (!LEAKS)
                free(pool[k]);
            pool[k] = NULL;
        }
        if (!pool[k])
            pool[k] = connection_new();
        if (pool[k]->busy_until <= now)
            return pool[k];
    }
    return NULL;
}

int heapgate_iterate(uint64_t i)
{
    struct connection *connection = obtain(i);
    if (!connection)
        return 0;
    connection->busy_until = i + 1 + i * 37 % 60;
    connection->bad = pair_random(i, 1) % 300 == 0;
    connection->buffer[i % BUFFER] = 1;
    return 0;
}
