/* A rate limiter with a token bucket per client address, swept every 4,099 ops. The mistake: buckets that
 * were throttled once count as in use for ever. Healthy: the sweep takes all that were idle for the whole
 * period. */
#include "pair.h"

enum { PERIOD = 4099 };

struct bucket {
    struct bucket *next;
    uint64_t client;
    uint64_t last;
    double tokens;
    bool throttled;
};

static struct bucket *buckets;

PAIR_NOINLINE static struct bucket *bucket_new(uint64_t client, uint64_t now)
{
    struct bucket *bucket = malloc(sizeof *bucket);
    if (!bucket)
        abort();
    bucket->client = client;
    bucket->last = now;
    bucket->tokens = 10.0;
    bucket->throttled = false;
    return bucket;
}

static void sweep(uint64_t now)
{
    static struct bucket *kept;
    for (struct bucket *next; buckets; buckets = next) {
        next = buckets->next;
        if (LEAKS && buckets->throttled) {
            buckets->next = kept;
            kept = buckets;
        } else if (buckets->last <= now) {
            free(buckets);
        }
    }
}

int heapgate_iterate(uint64_t i)
{
    struct bucket *bucket = bucket_new(pair_random(i, 0), i);
    bucket->next = buckets;
    buckets = bucket;
    if (i % 40 == 13) {
        bucket->tokens = 0;
        bucket->throttled = true;
    }
    if (i % PERIOD == PERIOD - 1)
        sweep(i);
    return 0;
}
