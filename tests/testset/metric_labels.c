/* Request metrics with a series per route, 600 routes being used by a power law. The mistake: requests
 * that match no route get a series named by their path. Healthy: these share one series called
 * "unmatched". */
#include "pair.h"

enum { SLOTS = 8192, ROUTES = 600 };

struct series {
    struct series *next;
    uint64_t label;
    uint64_t count;
    uint64_t buckets[12];
};

static struct series *slots[SLOTS];

PAIR_NOINLINE static struct series *series_new(uint64_t label)
{
    struct series *series = calloc(1, sizeof *series);
    if (!series)
        abort();
    series->label = label;
    series->next = slots[label % SLOTS];
    slots[label % SLOTS] = series;
    return series;
}

static void observe(uint64_t label, unsigned bucket)
{
    struct series *series = slots[label % SLOTS];
    while (series && series->label != label)
        series = series->next;
    if (!series)
        series = series_new(label);
    series->count++;
    series->buckets[bucket % 12]++;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 60 == 59) {
        observe(LEAKS ? 1000000 + i : 999999, 3);
        return 0;
    }
    double u = (double)(r >> 11) / 9007199254740992.0;
    observe((uint64_t)(ROUTES * u * u * u), (unsigned)(r & 7));
    return 0;
}
