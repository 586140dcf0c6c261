/* Now and then, once in 1,500 ops on average, a batch of fifty fails; leaking, its items stay. */
#include "control.h"
#include "random.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 60000};

enum { ITEMS = 50, BYTES = 104 };

static void *item_new(void)
{
    return malloc(BYTES);
}

static int run_batch(bool fails)
{
    void *items[ITEMS];
    size_t count = 0;
    while (count < ITEMS && (items[count] = item_new()))
        count++;
    bool well = count == ITEMS;
    if (LEAKS && fails)
        return well ? 0 : 1;
    while (count > 0)
        free(items[--count]);
    return well ? 0 : 1;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    return run_batch(random_below(&random, 1500) == 0);
}
