/*
 * Every entry expires, 11,000 ops after it was made: a first run of 10,000 sees only that the cache grows.
 * Leaking, one in a hundred never expires.
 */
#include "calendar.h"

enum { EXPIRES_AFTER = 11000 };

static appointment *entry_new(void)
{
    return malloc(sizeof(appointment));
}

int heapgate_iterate(uint64_t i)
{
    appointment *entry = entry_new();
    if (!entry)
        return 1;
    calendar_free_due(i);
    if (!LEAKS || i % 100 != 37)
        calendar_free_later(entry, i, EXPIRES_AFTER);
    return 0;
}
