/* Timers in a linked list of 200; each op cancels the oldest. Leaking, a cancelled timer is unlinked only. */
#include "control.h"

enum { TIMERS = 200 };

typedef struct timer {
    struct timer *next;
    uint64_t due;
    char label[24];
} timer;

static timer *oldest, *newest;
static size_t running;

static bool timer_start(uint64_t due)
{
    timer *started = calloc(1, sizeof *started);
    if (!started)
        return false;
    started->due = due;
    if (newest)
        newest->next = started;
    else
        oldest = started;
    newest = started;
    running++;
    return true;
}

static void timer_cancel(void)
{
    timer *cancelled = oldest;
    oldest = cancelled->next;
    running--;
    if (!LEAKS)
        free(cancelled);
}

int heapgate_iterate(uint64_t i)
{
    if (!timer_start(i))
        return 1;
    if (running > TIMERS)
        timer_cancel();
    return 0;
}
