/* A DHCP server with its leases in a tsearch() tree, 2,500 clients that come by a power law. The mistake:
 * DECLINE deletes the tree's node but not the lease. Healthy: the lease goes with the node. */
#include "pair.h"
#include <search.h>

struct lease {
    uint32_t client;
    uint32_t address;
    uint64_t until;
    char host[80];
};

static void *leases;

static int by_client(const void *a, const void *b)
{
    uint32_t x = ((const struct lease *)a)->client;
    uint32_t y = ((const struct lease *)b)->client;
    return (x > y) - (x < y);
}

PAIR_NOINLINE static struct lease *lease_new(uint32_t client)
{
    struct lease *lease = calloc(1, sizeof *lease);
    if (!lease)
        abort();
    lease->client = client;
    lease->address = 0x0a000000u + client;
    memset(lease->host, 'h', 12);
    return lease;
}

static struct lease *find(uint32_t client)
{
    struct lease wanted = {.client = client};
    void *node = tfind(&wanted, &leases, by_client);
    return node ? *(struct lease **)node : NULL;
}

static void decline(struct lease *lease)
{
    tdelete(lease, &leases, by_client);
    if (!LEAKS)
        free(lease);
}

int heapgate_iterate(uint64_t i)
{
    double u = (double)(pair_random(i, 0) >> 11) / 9007199254740992.0;
    uint32_t client = (uint32_t)(2500 * u * u);
    struct lease *lease = find(client);
    if (!lease) {
        lease = lease_new(client);
        tsearch(lease, &leases, by_client);
    }
    lease->until = i + 3600;
    if (pair_random(i, 1) % 110 == 0)
        decline(lease);
    return 0;
}
