/*
 * A persistent balanced tree (a document with versions): an update copies the path and shares the rest by
 * reference counts; the last 64 versions are kept. The mistake: the copy counts the child that it is about to
 * replace, too, so that this child is never freed. The healthy one counts only the children which both
 * versions share.
 */
#include "pair.h"

enum { DEPTH = 8, VERSIONS = 64 };
struct node {
    uint32_t refs, value;
    struct node *child[2];
};
static struct node *version[VERSIONS];

static PAIR_NOINLINE struct node *node_copy(const struct node *from, int replaced, bool miscount)
{
    struct node *n = malloc(sizeof *n);
    n->refs = 1;
    n->value = from ? from->value : 0;
    for (int side = 0; side < 2; side++) {
        n->child[side] = from ? from->child[side] : NULL;
        if (n->child[side] && (side != replaced || miscount))
            n->child[side]->refs++;
    }
    return n;
}

static struct node *update(const struct node *n, uint32_t path, int depth, uint32_t value)
{
    int side = path >> depth & 1;
    bool leaf = depth == DEPTH;
    struct node *copy = node_copy(n, leaf ? -1 : side, LEAKS && depth == 6 && value % 16 == 0);
    if (leaf)
        copy->value = value;
    else
        copy->child[side] = update(n ? n->child[side] : NULL, path, depth + 1, value);
    return copy;
}

static void drop(struct node *n)
{
    if (!n || --n->refs)
        return;
    drop(n->child[0]);
    drop(n->child[1]);
    free(n);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct node *old = version[(i + VERSIONS - 1) % VERSIONS], *now;

    now = update(old, (uint32_t)r & 0xff, 0, (uint32_t)(r >> 32));
    drop(version[i % VERSIONS]);
    version[i % VERSIONS] = now;
    return 0;
}
