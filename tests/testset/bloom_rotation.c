/*
 * Two bloom filters of 64 KiB, current and previous, that are rotated when the current one has 6,000 keys;
 * 1 op in 2 has a new key. The mistake: a rotation while a snapshot is written (1 in 3, by chance) leaves
 * the previous filter to the snapshot, which has a copy. So 64 KiB per 36,000 ops. Healthy: it is freed.
 */
#include "pair.h"

enum { BYTES = 65536, KEYS = 6000 };
static unsigned char *current, *previous;
static unsigned keys;

static PAIR_NOINLINE unsigned char *filter_new(void)
{
    unsigned char *filter = calloc(1, BYTES);
    if (!filter)
        abort();
    return filter;
}

int heapgate_setup(void)
{
    current = filter_new();
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (r % 2 == 0)
        return 0;
    for (unsigned k = 0; k < 3; k++)
        current[(r >> 16 * k) % BYTES] |= (unsigned char)(1 << (r >> 8) % 8);
    if (++keys < KEYS)
        return 0;
    keys = 0;
    if (!LEAKS || (r >> 30) % 3 != 0)
        free(previous);
    previous = current;
    current = filter_new();
    return 0;
}
