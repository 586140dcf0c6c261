/*
 * A piece table: typed text is appended to one add buffer and the document refers to spans of it. The
 * mistake: the compaction that should run when most of the buffer is dead compares with the capacity, which
 * doubles ahead of it, so that it never runs. The healthy one compares with what is used, and the buffer
 * stays below 256 KiB.
 */
#include "pair.h"

enum { PIECES = 800 };
static struct piece {
    size_t start;
    uint32_t len;
} piece[PIECES];
static char *add, *other;
static size_t used, capacity, alive;

static PAIR_NOINLINE void add_reserve(size_t more)
{
    size_t room = capacity ? capacity : 4096;
    while (room < used + more)
        room *= 2;
    if (room != capacity) {
        add = realloc(add, room);
        capacity = room;
    }
}

static void compact(void)
{
    size_t to = 0;
    for (unsigned k = 0; k < PIECES; k++) {
        memcpy(other + to, add + piece[k].start, piece[k].len);
        piece[k].start = to;
        to += piece[k].len;
    }
    memcpy(add, other, to);
    used = to;
}

int heapgate_setup(void)
{
    other = malloc(PIECES * 64);
    return !other;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct piece *p = &piece[r % PIECES];
    uint32_t len = 1 + (uint32_t)(r >> 20) % 24;

    add_reserve(len);
    memset(add + used, 'a' + (int)(r >> 40) % 26, len);
    alive = alive + len - p->len;
    p->start = used;
    p->len = len;
    used += len;
    if (used > 100000 && (LEAKS ? alive * 10 > capacity * 9 : alive * 4 < used))
        compact();
    return 0;
}

void heapgate_teardown(void)
{
    free(add);
    free(other);
}
