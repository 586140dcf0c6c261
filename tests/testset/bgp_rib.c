/* A BGP speaker learns a full table of 150,000 prefixes, one per op, and then sees only updates. The
 * mistake: when an update replaces a route that was reflected to clients, the reference of the outgoing
 * table is not dropped. Healthy: one attribute block per prefix. */
#include "pair.h"

enum { PREFIXES = 150000 };
struct attributes {
    uint32_t references, length;
    uint32_t as_path[16];
};
static struct attributes *best[PREFIXES];

PAIR_NOINLINE static struct attributes *attributes_new(uint64_t r)
{
    struct attributes *a = malloc(sizeof *a);
    a->references = 1;
    a->length = 2 + r % 14;
    for (uint32_t k = 0; k < 16; k++)
        a->as_path[k] = (uint32_t)(r >> k);
    return a;
}

static void release(struct attributes *a, uint32_t holders)
{
    a->references -= holders;
    if (a->references == 0)
        free(a);
}

static bool reflected(uint32_t prefix)
{
    return prefix % 20 == 0;
}

static void announce(uint32_t prefix, uint64_t r)
{
    struct attributes *old = best[prefix];
    best[prefix] = attributes_new(r);
    if (reflected(prefix))
        best[prefix]->references++;
    if (old)
        release(old, reflected(prefix) && !LEAKS ? 2 : 1);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i < PREFIXES)
        announce((uint32_t)i, r);
    if (i % 10 == 9)
        announce((uint32_t)(r % (i < PREFIXES ? i : PREFIXES)), ~r);
    return 0;
}
