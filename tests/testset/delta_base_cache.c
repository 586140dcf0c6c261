/* A version control system unpacks objects through a least-recently-used cache of delta bases with a budget
 * of 8 MB. The mistake: a base that had to be copied because it is being patched in place (1 in 250) is not
 * freed. Healthy: bounded by the budget, which skewed keys reach slowly. */
#include "pair.h"

enum { OBJECTS = 90000, BUDGET = 8 << 20 };
struct base {
    struct base *newer, *older;
    uint32_t id, size;
    unsigned char data[];
};
static struct base *cached[OBJECTS], *newest, *oldest;
static size_t total;

PAIR_NOINLINE static struct base *base_load(uint32_t id)
{
    uint32_t size = 60 + id * 7919u % 400;
    struct base *base = malloc(sizeof *base + size);
    base->id = id;
    base->size = size;
    memset(base->data, (int)id, size);
    return base;
}

static void unlink_base(struct base *b)
{
    *(b->newer ? &b->newer->older : &newest) = b->older;
    *(b->older ? &b->older->newer : &oldest) = b->newer;
}

static void link_newest(struct base *b)
{
    b->newer = NULL;
    b->older = newest;
    *(newest ? &newest->newer : &oldest) = b;
    newest = b;
}

PAIR_NOINLINE static unsigned char *base_copy(const struct base *base)
{
    unsigned char *copy = malloc(256);
    memcpy(copy, base->data, base->size < 256 ? base->size : 256);
    return copy;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) * 0x1p-53;
    uint32_t id = (uint32_t)(OBJECTS * u * u);
    struct base *base = cached[id];
    if (base) {
        unlink_base(base);
    } else {
        base = cached[id] = base_load(id);
        total += base->size;
    }
    link_newest(base);
    while (total > BUDGET) {
        struct base *victim = oldest;
        unlink_base(victim);
        total -= victim->size;
        cached[victim->id] = NULL;
        free(victim);
    }
    if (i % 250 == 77) {
        unsigned char *patched = base_copy(base);
        patched[0] ^= 1;
        if (!LEAKS)
            free(patched);
    }
    return 0;
}
