/*
 * A decoder's frames come from a pool, which is replaced when the resolution changes, every 3,001 ops. A
 * pool lives until all its frames came back. The mistake: a filter that has nothing to give at the change
 * (1 change in 4) forgets the frame that it holds, and with it stays the whole pool of that resolution.
 * Healthy: unref.
 */
#include "pair.h"

enum { CHANGE = 3001, DEPTH = 5 };
struct pool;
struct frame {
    struct frame *next;
    struct pool *pool;
    unsigned char plane[];
};
struct pool {
    struct frame *idle;
    unsigned references; /* frames that are out, and the decoder */
    size_t plane;
};
static struct pool *pool;
static struct frame *queue[DEPTH], *held;

static PAIR_NOINLINE struct pool *pool_new(size_t plane)
{
    struct pool *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->references = 1;
    p->plane = plane;
    return p;
}

static PAIR_NOINLINE struct frame *frame_new(struct pool *p)
{
    struct frame *f = malloc(sizeof *f + p->plane);
    if (!f)
        abort();
    f->pool = p;
    return f;
}

static void pool_unref(struct pool *p)
{
    if (--p->references > 0)
        return;
    while (p->idle) {
        struct frame *next = p->idle->next;
        free(p->idle);
        p->idle = next;
    }
    free(p);
}

static struct frame *frame_get(struct pool *p)
{
    struct frame *f = p->idle;
    if (f)
        p->idle = f->next;
    else
        f = frame_new(p);
    p->references++;
    return f;
}

static void frame_unref(struct frame *f)
{
    if (!f)
        return;
    f->next = f->pool->idle;
    f->pool->idle = f;
    pool_unref(f->pool);
}

static void resolution_change(uint64_t i)
{
    bool nothing = pair_random(i, 1) % 4 == 0;
    if (!nothing || !LEAKS)
        frame_unref(held);
    held = NULL;
    if (pool)
        pool_unref(pool);
    pool = pool_new(1200 + 400 * (pair_random(i, 2) % 8));
}

int heapgate_iterate(uint64_t i)
{
    if (i % CHANGE == 0)
        resolution_change(i);
    struct frame *f = frame_get(pool);
    f->plane[0] = (unsigned char)i;
    frame_unref(held);
    held = queue[i % DEPTH];
    queue[i % DEPTH] = f;
    return 0;
}
