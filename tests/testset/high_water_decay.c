/*
 * A pool of buffers of 512 bytes keeps as many idle ones as were in use at most, and halves that mark every
 * 20,000 ops. Use swings between 20 and 600, with a period of 33,000 ops. The mistake: a buffer that comes
 * back while the pool is above its mark and the mark was just halved (within 40 ops) is unlinked only.
 * Healthy: it is freed.
 */
#include "pair.h"
#include <math.h>

enum { PERIOD = 33000, HALVED = 20000, MOST = 640 };
struct buffer {
    struct buffer *next;
    char bytes[504];
};
static struct buffer *idle, *used;
static unsigned idle_count, used_count, mark;

static PAIR_NOINLINE struct buffer *buffer_new(void)
{
    struct buffer *b = malloc(sizeof *b);
    if (!b)
        abort();
    return b;
}

static void take(void)
{
    struct buffer *b = idle;
    if (b) {
        idle = b->next;
        idle_count--;
    } else {
        b = buffer_new();
    }
    b->bytes[0] = 1;
    b->next = used;
    used = b;
    if (++used_count > mark)
        mark = used_count;
}

static void give_back(bool halved)
{
    struct buffer *b = used;
    used = b->next;
    used_count--;
    if (used_count + idle_count + 1 > mark) {
        if (!halved || !LEAKS)
            free(b);
        return;
    }
    b->next = idle;
    idle = b;
    idle_count++;
}

int heapgate_iterate(uint64_t i)
{
    double swing = 310 + 290 * sin(6.283185307 * (double)(i % PERIOD) / PERIOD);
    unsigned wanted = (unsigned)swing + (unsigned)(pair_random(i, 0) % 16);
    if (i % HALVED == 0)
        mark /= 2;
    while (used_count < wanted)
        take();
    while (used_count > wanted)
        give_back(i % HALVED < 40);
    while (idle && used_count + idle_count > mark) {
        struct buffer *b = idle;
        idle = b->next;
        idle_count--;
        free(b);
    }
    return 0;
}
