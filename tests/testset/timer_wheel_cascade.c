/* A timer wheel of two levels with delays up to 60,000 ticks. The mistake: a timer that cascades in the
 * very tick it is due is put in the slot that was just served and is then overwritten. Healthy: it fires
 * at once. */
#include "pair.h"

enum { SLOTS = 256 };

struct timer {
    struct timer *next;
    uint64_t due;
    void (*callback)(struct timer *);
    uint64_t context[5];
};

static struct timer *near_slots[SLOTS];
static struct timer *far_slots[SLOTS];
static uint64_t fired;

static void on_fire(struct timer *timer)
{
    fired += timer->context[0];
    free(timer);
}

PAIR_NOINLINE static struct timer *timer_new(uint64_t due)
{
    struct timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        abort();
    timer->due = due;
    timer->callback = on_fire;
    timer->context[0] = 1;
    return timer;
}

static void push(struct timer **slot, struct timer *timer)
{
    timer->next = *slot;
    *slot = timer;
}

static void tick(uint64_t now)
{
    struct timer *list = NULL;
    if (now % SLOTS == 0) {
        list = far_slots[now / SLOTS % SLOTS];
        far_slots[now / SLOTS % SLOTS] = NULL;
    }
    while (list) {
        struct timer *timer = list;
        list = timer->next;
        if (timer->due == now && !LEAKS)
            timer->callback(timer);
        else if (timer->due != now)
            push(&near_slots[timer->due % SLOTS], timer);
    }
    list = near_slots[now % SLOTS];
    near_slots[now % SLOTS] = NULL;
    while (list) {
        struct timer *timer = list;
        list = timer->next;
        timer->callback(timer);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t now = i + 1;
    tick(now);
    uint64_t due = now + 1 + pair_random(i, 0) % 60000;
    if (pair_random(i, 1) % 96 == 0)
        due = (due + SLOTS) / SLOTS * SLOTS;
    struct timer *timer = timer_new(due);
    if (due / SLOTS == now / SLOTS)
        push(&near_slots[due % SLOTS], timer);
    else
        push(&far_slots[due / SLOTS % SLOTS], timer);
    return 0;
}
