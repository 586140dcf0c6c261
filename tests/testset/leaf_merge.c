/*
 * Leaves of a tree, of up to 60 keys each, under inserts and deletes at random places; the number of keys
 * wanders about 10,000. A leaf that has less than 15 keys is merged with its neighbour. The mistake: if the
 * neighbour is the one to the left (only for the last leaf of each group of 4), the emptied leaf is not
 * freed.
 */
#include "pair.h"

enum { KEYS = 60, LOW = 15, LEAVES = 2048, MEAN = 10000 };
struct leaf {
    uint32_t count;
    uint32_t key[KEYS];
    uint64_t reserved[8];
};
static struct leaf *leaf[LEAVES];
static unsigned leaves, keys;

static PAIR_NOINLINE struct leaf *leaf_new(void)
{
    struct leaf *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    return l;
}

static void split(unsigned at)
{
    struct leaf *right = leaf_new();
    right->count = KEYS / 2;
    leaf[at]->count = KEYS / 2;
    memcpy(right->key, leaf[at]->key + KEYS / 2, KEYS / 2 * sizeof(uint32_t));
    memmove(leaf + at + 2, leaf + at + 1, (leaves - at - 1) * sizeof(struct leaf *));
    leaf[at + 1] = right;
    leaves++;
}

static void merge(unsigned at)
{
    bool left = at % 4 == 3 || at + 1 == leaves;
    unsigned other = left ? at - 1 : at + 1;
    struct leaf *into = leaf[other];
    struct leaf *from = leaf[at];
    if (into->count + from->count >= KEYS)
        return;
    memcpy(into->key + into->count, from->key, from->count * sizeof(uint32_t));
    into->count += from->count;
    memmove(leaf + at, leaf + at + 1, (leaves - at - 1) * sizeof(struct leaf *));
    leaves--;
    if (!left || !LEAKS)
        free(from);
}

int heapgate_setup(void)
{
    leaf[0] = leaf_new();
    leaves = 1;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned at = (unsigned)(r >> 20) % leaves;
    struct leaf *l = leaf[at];
    if (r % (2 * MEAN) >= keys) {
        l->key[l->count++] = (uint32_t)r;
        keys++;
        if (l->count == KEYS)
            split(at);
    } else if (l->count > 0) {
        l->count--;
        keys--;
        if (l->count < LOW && leaves > 1)
            merge(at);
    }
    return 0;
}
