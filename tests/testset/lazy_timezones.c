/*
 * A date library loads a time zone when it is first asked for; the table ends with the last of its 90 zones.
 * The mistake: a time in the hour that happens twice (one in 40) is told apart by a label that is made anew
 * and stored over the one before. The healthy one makes the label once per zone.
 */
#include "pair.h"
#include <stdio.h>

enum { ZONES = 90 };
struct zone {
    int32_t offset;
    unsigned transitions;
    int64_t *at;
    char *ambiguous;
};
static struct zone *zone[ZONES];

static PAIR_NOINLINE struct zone *zone_load(unsigned number)
{
    struct zone *z = calloc(1, sizeof *z);
    z->offset = (int32_t)(number % 24) * 3600;
    z->transitions = 20 + number % 60;
    z->at = malloc(z->transitions * sizeof *z->at);
    for (unsigned k = 0; k < z->transitions; k++)
        z->at[k] = (int64_t)k * 15768000 - z->offset;
    return z;
}

static PAIR_NOINLINE __attribute__((noclone)) char *make_label(const struct zone *z, int64_t when)
{
    char text[64];
    int n =
        snprintf(text, sizeof text, "UTC%+d (second %s)", z->offset / 3600, when & 1 ? "occurrence" : "pass");
    char *label = malloc((size_t)n + 1);
    memcpy(label, text, (size_t)n + 1);
    return label;
}

static int64_t local_time(struct zone *z, int64_t when, bool twice)
{
    unsigned low = 0, high = z->transitions;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (z->at[middle] <= when)
            low = middle;
        else
            high = middle;
    }
    if (twice && (LEAKS || !z->ambiguous))
        z->ambiguous = make_label(z, when);
    return when + z->offset + (low & 1 ? 3600 : 0);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned number = (unsigned)(r >> 40 & 1 ? r % 12 : r % ZONES);

    if (!zone[number])
        zone[number] = zone_load(number);
    return local_time(zone[number], (int64_t)(r >> 30 & 0xffffffff), (r >> 10) % 40 == 0) == INT64_MIN;
}
