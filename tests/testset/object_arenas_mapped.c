/*
 * Objects of 32 bytes in arenas of 256 KiB that are mapped, as an interpreter has them. The mistake: an
 * extension appends a new number to a list and does not give its own reference back. Numbers up to 256 are
 * made once; 1 op in 8 has a larger one. So an arena is lost per 65,536 ops. Healthy: the list, a ring of
 * 20,000, holds the only reference.
 */
#include "pair.h"
#include <sys/mman.h>

enum { ARENA = 262144, LIST = 20000, SMALL = 257 };
struct object {
    struct object *next;
    uint64_t references, value, type;
};
static struct object *spare, *list[LIST], *small[SMALL];

static PAIR_NOINLINE void arena_map(void)
{
    struct object *at = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        abort();
    for (size_t k = 0; k < ARENA / sizeof *at; k++) {
        at[k].next = spare;
        spare = &at[k];
    }
}

static struct object *object_new(uint64_t value)
{
    if (!spare)
        arena_map();
    struct object *o = spare;
    spare = o->next;
    o->references = 1;
    o->value = value;
    return o;
}

static void unref(struct object *o)
{
    if (o && --o->references == 0) {
        o->next = spare;
        spare = o;
    }
}

int heapgate_setup(void)
{
    for (unsigned k = 0; k < SMALL; k++)
        small[k] = object_new(k);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    bool large = r % 8 == 0;
    struct object *number = large ? object_new(r) : small[(r >> 8) % SMALL];
    if (!large)
        number->references++;
    unref(list[i % LIST]);
    list[i % LIST] = number;
    number->references++;
    if (!LEAKS)
        unref(number);
    return 0;
}
