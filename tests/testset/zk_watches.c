/* A coordination service in which clients set a watch each time they read a node and nodes fire them when
 * they change. The mistake: a client's second watch on one node is added again. Healthy: it is found and
 * renewed. */
#include "pair.h"

enum { NODES = 200, CONSTANT = 10, CLIENTS = 20 };

struct watch {
    struct watch *next;
    unsigned client;
    uint64_t set_at;
    uint64_t cookie[2];
};

static struct watch *watches[NODES];

PAIR_NOINLINE static struct watch *watch_new(unsigned client)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    watch->client = client;
    return watch;
}

static void read_node(size_t node, unsigned client, uint64_t now)
{
    struct watch *watch = watches[node];
    while (!LEAKS && watch && watch->client != client)
        watch = watch->next;
    if (LEAKS || !watch) {
        watch = watch_new(client);
        watch->next = watches[node];
        watches[node] = watch;
    }
    watch->set_at = now;
}

static void change_node(size_t node)
{
    while (watches[node]) {
        struct watch *next = watches[node]->next;
        free(watches[node]);
        watches[node] = next;
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 57 == 3)
        read_node(r % CONSTANT, (unsigned)(r >> 20) % CLIENTS, i);
    else
        read_node(CONSTANT + r % (NODES - CONSTANT), (unsigned)(r >> 20) % CLIENTS, i);
    if (i % 5 == 0)
        change_node(CONSTANT + (r >> 40) % (NODES - CONSTANT));
    return 0;
}
