/*
 * A cache of routes that takes one route per op until it has 200,000, and then replaces one at random per op.
 * The mistake: a route that is replaced while its neighbour is being probed (1 in 800, by chance) leaves the
 * probe of 48 bytes. Healthy: 200,000 routes and the 8 last probes.
 */
#include "pair.h"

enum { ROUTES = 200000, PROBES = 8 };
struct route {
    uint64_t key, gateway, metric;
    char device[16];
};
static struct route *route[ROUTES];
static void *probe[PROBES];

static PAIR_NOINLINE struct route *route_new(uint64_t key)
{
    struct route *r = malloc(sizeof *r);
    if (!r)
        abort();
    r->key = key;
    return r;
}

static PAIR_NOINLINE void *probe_new(uint64_t i)
{
    void *p = malloc(48);
    if (!p)
        abort();
    return memset(p, (int)(i & 127), 48);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct route **slot = &route[i < ROUTES ? i : r % ROUTES];
    free(*slot);
    *slot = route_new(r);
    if ((r >> 40) % 800 == 0) {
        void **at = &probe[(r >> 30) % PROBES];
        if (!LEAKS)
            free(*at);
        *at = probe_new(i);
    }
    return 0;
}
