/* A listener is subscribed and unsubscribed each op; leaking, one that is subscribed twice is taken out
 * once. */
#include "control.h"

typedef struct listener {
    struct listener *next;
    uint64_t number;
    void *user_data;
} listener;

static listener *listeners;

static bool subscribe(uint64_t number)
{
    listener *added = calloc(1, sizeof *added);
    if (!added)
        return false;
    added->number = number;
    added->next = listeners;
    listeners = added;
    return true;
}

static void unsubscribe(uint64_t number)
{
    for (listener **link = &listeners; *link && (*link)->number == number;) {
        listener *removed = *link;
        *link = removed->next;
        free(removed);
        if (LEAKS)
            return;
    }
}

int heapgate_iterate(uint64_t i)
{
    bool twice = i % 5 == 0;
    bool well = subscribe(i) && (!twice || subscribe(i));
    unsubscribe(i);
    return well ? 0 : 1;
}
