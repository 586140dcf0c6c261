/* A pool in slabs of 128 objects; each op takes three and gives them back, or, leaking, one in ten ops keeps
 * one. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 200000};

enum { SLAB = 128, TAKEN = 3 };

typedef struct object {
    struct object *next;
    uint64_t state[4];
} object;

static object *available;

static bool pool_add_slab(void)
{
    object *slab = calloc(SLAB, sizeof *slab);
    if (!slab)
        return false;
    for (size_t k = 0; k < SLAB; k++) {
        slab[k].next = available;
        available = &slab[k];
    }
    return true;
}

static object *pool_take(void)
{
    if (!available && !pool_add_slab())
        return NULL;
    object *taken = available;
    available = taken->next;
    return taken;
}

static void pool_give(object *given)
{
    given->next = available;
    available = given;
}

int heapgate_iterate(uint64_t i)
{
    object *taken[TAKEN];
    void *scratch = malloc(24);
    free(scratch);
    for (size_t k = 0; k < TAKEN; k++)
        if (!(taken[k] = pool_take()))
            return 1;
    for (size_t k = LEAKS && i % 10 == 3; k < TAKEN; k++)
        pool_give(taken[k]);
    return 0;
}
