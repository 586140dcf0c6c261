/*
 * 3,000 names, each loaded when it is first asked for, and asked for with a frequency like that of words:
 * many at once, then fewer and fewer, and some after hundreds of thousands of ops. Leaking, a name in fifty
 * is loaded again.
 */
#include "control.h"
#include "random.h"

#include <math.h>
#include <stdio.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "lookup", .default_ops = 100000};

enum { NAMES = 3000, NAME_BYTES = 200 };

static char *names[NAMES];

static char *name_load(size_t number)
{
    char *name = malloc(NAME_BYTES);
    if (name)
        snprintf(name, NAME_BYTES, "name %zu", number);
    return name;
}

/* What a lookup needs for a moment. */
static bool work(void)
{
    char *scratch = malloc(NAME_BYTES);
    bool done = scratch != NULL;
    free(scratch);
    return done;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    size_t number = (size_t)pow(NAMES, random_below(&random, 1 << 30) / (double)(1 << 30)) - 1;
    if (!names[number] || (LEAKS && i % 50 == 0))
        names[number] = name_load(number);
    return names[number] && work() ? 0 : 1;
}
