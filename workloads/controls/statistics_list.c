/* A sample is added to a list every 40 ops; healthy, the list keeps the last 50. */
#include "control.h"

enum { SAMPLE_EVERY = 40, KEPT = 50 };

typedef struct sample {
    struct sample *next;
    double value;
} sample;

static sample *newest;
static size_t count;

static bool sample_add(double value)
{
    sample *added = malloc(sizeof *added);
    if (!added)
        return false;
    *added = (sample){.next = newest, .value = value};
    newest = added;
    count++;
    return true;
}

static void sample_drop_oldest(void)
{
    sample **link = &newest;
    while ((*link)->next)
        link = &(*link)->next;
    free(*link);
    *link = NULL;
    count--;
}

int heapgate_iterate(uint64_t i)
{
    if (i % SAMPLE_EVERY == 0 && !sample_add((double)i))
        return 1;
    if (!LEAKS && count > KEPT)
        sample_drop_oldest();
    return 0;
}
