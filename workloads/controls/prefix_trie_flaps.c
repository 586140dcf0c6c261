/*
 * A forwarding table as a trie of nibbles over 64-bit prefixes; routes flap. The mistake: withdrawing a route
 * clears its entry but leaves the nodes on the way there, which no other route needs. The healthy one prunes
 * empty nodes on the way back; 500 routes are known at most.
 */
#include "control.h"
#include "random.h"

enum { ROUTES = 500 };
struct node {
    struct node *child[16];
    uint32_t children, gateway;
};
static struct node root;
static uint64_t route[ROUTES];

static __attribute__((noinline)) struct node *node_new(struct node *parent, unsigned nibble)
{
    struct node *n = calloc(1, sizeof *n);
    parent->child[nibble] = n;
    parent->children++;
    return n;
}

static void announce(uint64_t prefix, uint32_t gateway)
{
    struct node *n = &root;
    for (int shift = 60; shift >= 32; shift -= 4) {
        unsigned nibble = (unsigned)(prefix >> shift) & 15;
        n = n->child[nibble] ? n->child[nibble] : node_new(n, nibble);
    }
    n->gateway = gateway;
}

static bool withdraw(struct node *n, uint64_t prefix, int shift)
{
    unsigned nibble = (unsigned)(prefix >> shift) & 15;
    struct node *c = n->child[nibble];
    if (!c)
        return false;
    if (shift == 32)
        c->gateway = 0;
    else if (!withdraw(c, prefix, shift - 4))
        return false;
    if (LEAKS || c->children || c->gateway)
        return !LEAKS;
    n->child[nibble] = NULL;
    n->children--;
    free(c);
    return true;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = random_mix(random_mix(heapgate_seed() + 0) ^ i);
    unsigned k = (unsigned)(r % ROUTES);

    if (i % 2 == 0) {
        if (route[k])
            withdraw(&root, route[k], 60);
        route[k] = random_mix(random_mix(heapgate_seed() + 1) ^ i) | 1;
        announce(route[k], 1 + (uint32_t)(r >> 40));
    }
    return 0;
}
