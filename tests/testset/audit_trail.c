/* An audit trail in one array, of which the last 4,096 records can be asked for. The mistake: the array
 * grows by a quarter when it is full instead of dropping what nobody may ask for. Healthy: the last 4,096
 * are moved to its front. */
#include "pair.h"

enum { KEPT = 4096 };

static uint64_t *trail;
static size_t length;
static size_t capacity;

PAIR_NOINLINE static int trail_reserve(void)
{
    if (length < capacity)
        return 0;
    if (!LEAKS && capacity >= 2 * KEPT) {
        memmove(trail, trail + length - KEPT, KEPT * sizeof *trail);
        length = KEPT;
        return 0;
    }
    size_t larger = capacity ? capacity + capacity / 4 : KEPT;
    uint64_t *grown = realloc(trail, larger * sizeof *trail);
    if (!grown)
        return -1;
    trail = grown;
    capacity = larger;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (trail_reserve() != 0)
        return 1;
    trail[length++] = pair_random(i, 0);
    return 0;
}

void heapgate_teardown(void)
{
    free(trail);
    trail = NULL;
}
