/* Blocks with exponential lifetimes, 400 ops in the mean; leaking, one in a hundred is never freed. */
#include "calendar.h"
#include "random.h"

#include <math.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 100000};

static appointment *session_open(void)
{
    return malloc(sizeof(appointment));
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    double chance = (random_below(&random, 1000000) + 1) / 1000000.0;
    appointment *session = session_open();
    if (!session)
        return 1;
    calendar_free_due(i);
    if (!LEAKS || i % 100 != 37)
        calendar_free_later(session, i, -400 * log(chance));
    return 0;
}
