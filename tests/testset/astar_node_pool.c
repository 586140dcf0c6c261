/*
 * Path finding with a static pool of search nodes: normally nothing is allocated. The mistake: a search that
 * runs out of the pool takes further nodes from the heap, and the end of the search resets the pool only. The
 * healthy one ends such a search with the best node so far, and never allocates.
 */
#include "pair.h"

enum { SIDE = 64, POOL = 300 };
struct node {
    int16_t x, y;
    uint32_t cost;
    struct node *parent;
};
static struct node pool[POOL];
static struct node *open_set[SIDE * SIDE];
static unsigned char wall[SIDE][SIDE];
static uint16_t visited[SIDE][SIDE], search;
static unsigned pool_used, open_count;

static PAIR_NOINLINE struct node *node_from_heap(void)
{
    struct node *n = malloc(sizeof *n);
    n->cost = 0;
    return n;
}

static struct node *node_new(void)
{
    if (pool_used < POOL)
        return &pool[pool_used++];
    return LEAKS ? node_from_heap() : NULL;
}

static bool push(int x, int y, struct node *parent)
{
    struct node *n;
    if (x < 0 || y < 0 || x >= SIDE || y >= SIDE || wall[y][x] || visited[y][x] == search)
        return true;
    if (!(n = node_new()))
        return false;
    visited[y][x] = search;
    n->x = (int16_t)x;
    n->y = (int16_t)y;
    n->parent = parent;
    n->cost = parent ? parent->cost + 1 : 0;
    open_set[open_count++] = n;
    return true;
}

static uint32_t find_path(int x, int y, int tx, int ty)
{
    struct node *n = NULL;
    unsigned taken = 0;

    search++;
    pool_used = open_count = 0;
    push(x, y, NULL);
    while (taken < open_count) {
        n = open_set[taken++];
        if (n->x == tx && n->y == ty)
            break;
        if (!push(n->x + 1, n->y, n) || !push(n->x, n->y + 1, n) || !push(n->x - 1, n->y, n) ||
            !push(n->x, n->y - 1, n))
            break;
    }
    return n ? n->cost : 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    int x = 10 + (int)(r % 40), y = 10 + (int)((r >> 8) % 40), far = (r >> 16) % 500 == 0 ? 13 : 4;
    int dx = (int)((r >> 30) % 4), dy = far - dx;

    if (i % 30000 == 0)
        memset(visited, 0, sizeof visited);
    if (search >= 60000) {
        search = 0;
        memset(visited, 0, sizeof visited);
    }
    return find_path(x, y, x + dx, y + dy) > SIDE * SIDE;
}
