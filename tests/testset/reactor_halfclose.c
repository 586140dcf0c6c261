/* An event loop that takes a connection every 11 ops and closes it some connections later. The mistake: a
 * peer that half-closed first is unregistered, but its socket is not closed. Healthy: 32 connections are
 * open at most. */
#include "pair.h"
#include <sys/socket.h>
#include <unistd.h>

enum { OPEN = 16 };

struct connection {
    int server;
    int client;
    bool half_closed;
};

static struct connection connections[OPEN];
static uint64_t accepted;

static void finish(struct connection *connection)
{
    if (connection->server > 0) {
        close(connection->client);
        if (!LEAKS || !connection->half_closed)
            close(connection->server);
    }
    connection->server = 0;
}

PAIR_NOINLINE static int take(struct connection *connection, bool half)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return 0;
    connection->server = pair[0];
    connection->client = pair[1];
    connection->half_closed = half;
    if (half)
        shutdown(pair[1], SHUT_WR);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 11 != 0 && i % 1013 != 0)
        return 0;
    struct connection *connection = &connections[accepted++ % OPEN];
    finish(connection);
    return take(connection, i % 1013 == 0);
}

void heapgate_teardown(void)
{
    for (size_t k = 0; k < OPEN; k++)
        finish(&connections[k]);
}
