/* The last 400 events are kept in a ring; leaking, an event is overwritten without being freed when it is an
 * alarm. */
#include "control.h"

enum { KEPT = 400, EVENT_BYTES = 52, ALARM_EVERY = 8 };

static void *ring[KEPT];

static void *event_new(uint64_t i)
{
    uint64_t *event = malloc(EVENT_BYTES);
    if (event)
        *event = i;
    return event;
}

int heapgate_iterate(uint64_t i)
{
    void **slot = &ring[i % KEPT];
    bool alarm = i % ALARM_EVERY == 0;
    if (!LEAKS || !alarm)
        free(*slot);
    *slot = event_new(i);
    return *slot ? 0 : 1;
}
