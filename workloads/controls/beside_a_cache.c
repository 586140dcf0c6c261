/* One helper copies text for a cache of 300 that replaces its oldest, and for requests, which forget one copy
 * in twenty. */
#include "control.h"

enum { CACHED = 300, BYTES = 56 };

static char *cache[CACHED];

static char *copy_text(uint64_t i)
{
    char *copy = malloc(BYTES);
    if (copy)
        memcpy(copy, &i, sizeof i);
    return copy;
}

static bool cache_put(uint64_t i)
{
    char **slot = &cache[i % CACHED];
    free(*slot);
    *slot = copy_text(i);
    return *slot != NULL;
}

static bool request_serve(uint64_t i)
{
    char *copy = copy_text(i);
    bool served = copy != NULL;
    if (!LEAKS || i % 20 != 0)
        free(copy);
    return served;
}

int heapgate_iterate(uint64_t i)
{
    return cache_put(i) && request_serve(i) ? 0 : 1;
}
