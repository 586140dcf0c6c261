/*
 * A cache of all keys that were ever asked for, of which there are 1,000, some asked for very rarely: it is
 * full after some 20,000 ops. Leaking, an entry in fifty is taken for stale, and its value is replaced but
 * not freed.
 */
#include "control.h"
#include "random.h"

#include <math.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "lookup", .default_ops = 10000};

enum { KEYS = 1000, VALUE_BYTES = 72 };

static void *values[KEYS];

static void *value_load(uint64_t key)
{
    uint64_t *value = malloc(VALUE_BYTES);
    if (value)
        *value = key;
    return value;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    size_t key = (size_t)(KEYS * pow(random_below(&random, 1 << 30) / (double)(1 << 30), 3));
    bool stale = LEAKS && i % 50 == 0;
    if (!values[key] || stale)
        values[key] = value_load(key);
    return values[key] ? 0 : 1;
}
