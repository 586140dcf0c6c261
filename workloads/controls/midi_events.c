/* A sequencer moves a track's events to a larger 64-byte aligned block when it is full; tracks are closed
 * when they have 600 events. The mistake: the move of an imported track (1 in 30) does not free the old
 * block. Healthy: old blocks are freed and 20 tracks are open. */
#include "control.h"
#include "random.h"

enum { TRACKS = 20, CLOSE_AT = 600 };
struct event {
    uint32_t tick, data;
};
struct track {
    struct event *events;
    uint32_t count, capacity;
    bool imported;
};
static struct track tracks[TRACKS];

__attribute__((noinline)) static struct event *events_new(uint32_t n)
{
    struct event *events = aligned_alloc(64, n * sizeof *events);
    if (!events)
        abort();
    return events;
}

static void enlarge(struct track *t)
{
    uint32_t n = t->capacity ? t->capacity * 2 : 32;
    struct event *events = events_new(n);
    if (t->events)
        memcpy(events, t->events, t->count * sizeof *events);
    if (!LEAKS || !t->imported)
        free(t->events);
    t->events = events;
    t->capacity = n;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    uint64_t r = random_next(&random);
    struct track *t = &tracks[r % TRACKS];
    if (t->count == CLOSE_AT) {
        free(t->events);
        *t = (struct track){.imported = (r >> 30) % 30 == 0};
    }
    if (t->count == t->capacity)
        enlarge(t);
    t->events[t->count++] = (struct event){(uint32_t)i, (uint32_t)r};
    return 0;
}
