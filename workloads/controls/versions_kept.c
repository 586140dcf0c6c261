/*
 * Versions of a record, kept as long as a reader may look at them: readers stay up to 3,000 ops. Leaking, one
 * of them that came early never leaves, and no version after it can go.
 */
#include "control.h"
#include "random.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "update", .default_ops = 10000};

enum { READERS = 8, LONGEST_STAY = 3000, VERSION_BYTES = 40, MOST_VERSIONS = 1 << 20 };

static void *versions[MOST_VERSIONS];
static uint64_t newest, oldest;

static struct reader {
    uint64_t sees, leaves;
} readers[READERS];

static void *version_new(void)
{
    return calloc(1, VERSION_BYTES);
}

static void versions_prune(void)
{
    uint64_t needed = newest;
    for (int k = 0; k < READERS; k++)
        needed = readers[k].sees < needed ? readers[k].sees : needed;
    while (oldest < needed)
        free(versions[oldest++ % MOST_VERSIONS]);
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    struct reader *reader = &readers[i % READERS];
    bool stuck = LEAKS && i >= 500 && reader == &readers[3];
    void *version = version_new();
    if (!version || newest - oldest >= MOST_VERSIONS)
        return 1;
    versions[newest++ % MOST_VERSIONS] = version;
    if (!stuck && reader->leaves <= i)
        *reader = (struct reader){newest, i + 1 + random_below(&random, LONGEST_STAY)};
    versions_prune();
    return 0;
}
