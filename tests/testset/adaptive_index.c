/* A database watches a column for 20,000 ops and then builds an index on it, one node per op, until 60,000.
 * The mistake: one refresh of the column's statistics in 20 (they come every 100 ops) leaves the old
 * histogram. Healthy: the index is complete after 60,000 ops. */
#include "pair.h"

enum { WATCH = 20000, NODES = 40000 };
struct node {
    struct node *left, *right;
    uint64_t key, rows[8];
};
struct histogram {
    uint32_t buckets[100];
};
static struct node *root;
static struct histogram *statistics;

PAIR_NOINLINE static struct node *node_new(uint64_t key)
{
    struct node *node = calloc(1, sizeof *node);
    node->key = key;
    return node;
}

static void insert(uint64_t key)
{
    struct node **at = &root;
    while (*at)
        at = key < (*at)->key ? &(*at)->left : &(*at)->right;
    *at = node_new(key);
}

PAIR_NOINLINE static struct histogram *histogram_build(uint64_t r)
{
    struct histogram *h = malloc(sizeof *h);
    for (int k = 0; k < 100; k++)
        h->buckets[k] = (uint32_t)(r >> k % 32);
    return h;
}

static void refresh(uint64_t i, uint64_t r)
{
    struct histogram *old = statistics;
    statistics = histogram_build(r);
    bool skewed = i / 100 % 20 == 7;
    if (skewed && LEAKS)
        return;
    free(old);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i >= WATCH && i < WATCH + NODES)
        insert(r);
    if (i % 100 == 50)
        refresh(i, r);
    return 0;
}
