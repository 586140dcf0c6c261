/*
 * 60 connections kept alive, each with a pool that all its requests use and that is freed when it is
 * closed, after 1 to 4,000 requests. The mistake: a large block (1 request in 10) that is asked for again
 * with another size (1 in 100 of those, by chance) gets the place of the one before, which is not freed.
 * Healthy: it gets a place of its own.
 */
#include "pair.h"

enum { CONNECTIONS = 60 };
struct large {
    struct large *next;
    void *block;
};
struct pool {
    struct large *large;
    unsigned requests, closes_after;
};
static struct pool connection[CONNECTIONS];

static PAIR_NOINLINE void *block_new(size_t size)
{
    void *block = malloc(size);
    if (!block)
        abort();
    return memset(block, 1, 64);
}

static PAIR_NOINLINE struct large *place_new(struct pool *p)
{
    struct large *l = malloc(sizeof *l);
    if (!l)
        abort();
    l->next = p->large;
    l->block = NULL;
    p->large = l;
    return l;
}

static void pool_large(struct pool *p, uint64_t r)
{
    struct large *l = (r >> 30) % 100 == 0 && LEAKS && p->large ? p->large : place_new(p);
    l->block = block_new(300 + r % 700);
}

static void pool_close(struct pool *p)
{
    while (p->large) {
        struct large *next = p->large->next;
        free(p->large->block);
        free(p->large);
        p->large = next;
    }
    p->requests = 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct pool *p = &connection[r % CONNECTIONS];
    if (p->requests == 0)
        p->closes_after = 1 + (unsigned)(pair_random(i, 1) % 4000);
    if ((r >> 20) % 10 == 0)
        pool_large(p, r >> 8);
    if (++p->requests >= p->closes_after)
        pool_close(p);
    return 0;
}
