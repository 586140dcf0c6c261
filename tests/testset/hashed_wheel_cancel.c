/*
 * Imitates the timers of an RPC server (a hashed wheel as Netty's): each call sets a deadline of 1 to 1,000
 * ticks, a tick is 10 ops, and nine of ten calls end after 50 ops and cancel their timer, which the next tick
 * then frees.
 * The mistake: a timer that is cancelled in the very tick in which it is due is neither cancelled (it is due)
 * nor run (it is cancelled), so it is unlinked and nobody frees it.
 * The healthy twin holds 50 running calls and the tenth that nobody cancels for 10,000 ops at most, some 550
 * timers: steady after op 10,000.
 */
#include <heapgate/workload.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { WHEEL = 1024, CALLS = 50, TICK = 10, LONGEST = 1000 };

struct timer {
    struct timer *next, **link;
    struct timer **handle;
    uint64_t due;
    void (*run)(void *);
    void *context[3];
};

static struct timer *wheel[WHEEL];
static struct timer *cancelled;
static struct timer *calls[CALLS];

static void timer_link(struct timer **list, struct timer *timer)
{
    timer->next = *list;
    timer->link = list;
    if (*list != NULL) {
        (*list)->link = &timer->next;
    }
    *list = timer;
}

static void timer_unlink(struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL) {
        timer->next->link = timer->link;
    }
}

__attribute__((noinline)) static struct timer *timer_new(uint64_t due, struct timer **handle)
{
    struct timer *timer = calloc(1, sizeof *timer);
    if (timer != NULL) {
        timer->due = due;
        timer->handle = handle;
        timer_link(&wheel[due % WHEEL], timer);
    }
    return timer;
}

static void timer_cancel(struct timer *timer, uint64_t now)
{
    timer_unlink(timer);
    if (LEAKS && timer->due == now + 1) {
        return;
    }
    timer_link(&cancelled, timer);
}

static void list_free(struct timer **list)
{
    while (*list != NULL) {
        struct timer *timer = *list;
        timer_unlink(timer);
        if (timer->handle != NULL && *timer->handle == timer) {
            *timer->handle = NULL;
        }
        free(timer);
    }
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    uint64_t now = i / TICK;
    if (i % TICK == 0) {
        list_free(&cancelled);
        list_free(&wheel[now % WHEEL]);
    }
    struct timer **handle = &calls[i % CALLS];
    if (*handle != NULL) {
        struct timer *timer = *handle;
        *handle = NULL;
        timer->handle = NULL;
        if (draw() % 10 != 0) {
            timer_cancel(timer, now);
        }
    }
    *handle = timer_new(now + 1 + draw() % LONGEST, handle);
    return *handle == NULL;
}

void heapgate_teardown(void)
{
    list_free(&cancelled);
    for (int n = 0; n < WHEEL; n++) {
        list_free(&wheel[n]);
    }
}
