/* A GPS logger keeps points of variable size and writes them out whenever 2 MB have come together. The
 * mistake: the flush skips points without a fix (1 in 200) and so never frees them. Healthy: a sawtooth
 * below 2 MB. */
#include "pair.h"

enum { FLUSH_BYTES = 2000000 };
struct point {
    struct point *next;
    uint32_t size;
    bool fix;
    char nmea[];
};
static struct point *first, **last = &first;
static size_t pending;
static uint64_t written;

PAIR_NOINLINE static struct point *point_new(uint64_t r)
{
    uint32_t size = 24 + r % 96;
    struct point *point = malloc(sizeof *point + size);
    point->next = NULL;
    point->size = size;
    point->fix = (r >> 20) % 200 != 0;
    memset(point->nmea, '$', size);
    return point;
}

static void flush(void)
{
    for (struct point *p = first, *next; p; p = next) {
        next = p->next;
        if (LEAKS && !p->fix)
            continue;
        if (p->fix)
            written += p->size;
        free(p);
    }
    first = NULL;
    last = &first;
    pending = 0;
}

int heapgate_iterate(uint64_t i)
{
    struct point *p = point_new(pair_random(i, 0));
    *last = p;
    last = &p->next;
    pending += p->size;
    if (pending >= FLUSH_BYTES)
        flush();
    return 0;
}
