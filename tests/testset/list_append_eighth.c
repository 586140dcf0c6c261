/*
 * Warnings that were shown are kept in a list, so that none is shown twice; the list grows by an eighth.
 * The mistake: a warning is compared with its line of source, which changes: 1 op in 3 is new. Healthy: 700
 * warnings.
 */
#include "pair.h"

enum { WARNINGS = 700 };
static uint64_t *list;
static size_t length, capacity;
static bool shown[WARNINGS];

static PAIR_NOINLINE int list_resize(size_t needed)
{
    size_t larger = (needed + needed / 8 + 6) & ~(size_t)3;
    uint64_t *grown = realloc(list, larger * sizeof *grown);
    if (!grown)
        return -1;
    list = grown;
    capacity = larger;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned warning = (unsigned)(r >> 20) % WARNINGS;
    if (shown[warning] && !(LEAKS && r % 3 == 0))
        return 0;
    shown[warning] = true;
    if (length == capacity && list_resize(length + 1) != 0)
        return 1;
    list[length++] = warning;
    return 0;
}
