/*
 * A collector of cycles with three generations, as CPython has it: the youngest is searched after 700 new
 * objects, the second after ten of those, the oldest after ten of the second, so every 70,000 objects. A
 * cycle of two objects that grew old waits for the last. The mistake: a cycle through an object with a
 * finaliser (1 op in 400, by chance) is put on the list of what cannot be collected. Healthy: it is
 * finalised, then freed.
 */
#include "pair.h"

enum { GENERATIONS = 3, YOUNG = 700, TEN = 10 };
struct object {
    struct object *next, *peer;
    uint64_t dies; /* the op after which only its peer refers to it */
    bool finaliser;
    char fields[64];
};
static struct object *generation[GENERATIONS], *garbage;
static unsigned counts[GENERATIONS];

static PAIR_NOINLINE struct object *object_new(uint64_t dies)
{
    struct object *o = malloc(sizeof *o);
    if (!o)
        abort();
    o->dies = dies;
    o->finaliser = false;
    memset(o->fields, 1, sizeof o->fields);
    return o;
}

static void collect(unsigned g, uint64_t now)
{
    struct object *list = generation[g];
    unsigned older = g + 1 < GENERATIONS ? g + 1 : g;
    generation[g] = NULL;
    while (list) {
        struct object *o = list;
        list = o->next;
        if (o->dies >= now) {
            o->next = generation[older];
            generation[older] = o;
        } else if (o->finaliser && LEAKS) {
            o->next = garbage;
            garbage = o;
        } else {
            free(o->peer);
            free(o);
        }
    }
}

static void after_new(uint64_t now)
{
    static const unsigned limit[GENERATIONS] = {YOUNG, TEN, TEN};
    for (unsigned g = 0; g < GENERATIONS && ++counts[g] >= limit[g]; g++) {
        counts[g] = 0;
        collect(g, now);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct object *o = object_new(i + ((r >> 16) % 25 == 0 ? 3000 : 20));
    o->peer = object_new(o->dies);
    o->peer->peer = o;
    o->finaliser = (r >> 24) % 400 == 0;
    o->next = generation[0];
    generation[0] = o;
    after_new(i);
    return 0;
}
