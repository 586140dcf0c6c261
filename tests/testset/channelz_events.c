/*
 * A channel's trace holds the last 30,000 events; some of them (1 in 80) name a child channel and hold a
 * reference to it. The mistake: an event of severity error (1 in 9 of those) is dropped from the tail by
 * another function, which forgets the reference. So the leak begins at op 30,000. Healthy: the trace is full.
 */
#include "pair.h"

enum { EVENTS = 30000 };
struct child {
    unsigned references;
    char target[300];
};
struct event {
    struct event *next;
    struct child *child;
    bool error;
    char text[47];
};
static struct event *first, *last;
static unsigned count;

static PAIR_NOINLINE struct child *child_new(uint64_t i)
{
    struct child *c = malloc(sizeof *c);
    if (!c)
        abort();
    c->references = 1;
    memset(c->target, (int)(i & 127), sizeof c->target);
    return c;
}

static void child_unref(struct child *c)
{
    if (c && --c->references == 0)
        free(c);
}

static PAIR_NOINLINE struct event *event_new(uint64_t i)
{
    struct event *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->text[0] = (char)i;
    return e;
}

static void drop_tail(void)
{
    struct event *e = first;
    first = e->next;
    if (!LEAKS || !e->error)
        child_unref(e->child);
    free(e);
    count--;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct event *e = event_new(i);
    e->error = (r >> 32) % 9 == 0;
    if (r % 80 == 0) {
        e->child = child_new(i);
        e->child->references++;
        child_unref(e->child); /* the child is closed; its event remembers it */
    }
    *(last ? &last->next : &first) = e;
    last = e;
    if (++count > EVENTS)
        drop_tail();
    return 0;
}
