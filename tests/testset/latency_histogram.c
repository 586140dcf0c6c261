/* A latency histogram with logarithmic buckets of 512 bytes: heavy-tailed values reach new buckets ever
 * more rarely, up to the 64th. The mistake: a new exemplar (1 op in 64) replaces the bucket's old one
 * without freeing it. Healthy: one exemplar per bucket, and the last bucket takes all that is slower. */
#include "pair.h"
#include <math.h>

enum { BUCKETS = 64 };
struct exemplar {
    uint64_t trace, span, value, when;
};
struct bucket {
    uint64_t count;
    struct exemplar *exemplar;
    uint64_t fine[62];
};
static struct bucket *bucket[BUCKETS];

PAIR_NOINLINE static struct bucket *bucket_new(void)
{
    return calloc(1, sizeof(struct bucket));
}

PAIR_NOINLINE static struct exemplar *exemplar_new(uint64_t r, uint64_t i)
{
    struct exemplar *e = malloc(sizeof *e);
    *e = (struct exemplar){r, r ^ i, r >> 40, i};
    return e;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = ((double)(r >> 11) + 1) * 0x1p-53;
    int k = (int)(-log2(u) / 0.2);
    if (k >= BUCKETS)
        k = BUCKETS - 1;
    if (!bucket[k])
        bucket[k] = bucket_new();
    bucket[k]->count++;
    bucket[k]->fine[r % 62]++;
    if (i % 64 == 5 || !bucket[k]->exemplar) {
        if (!LEAKS)
            free(bucket[k]->exemplar);
        bucket[k]->exemplar = exemplar_new(r, i);
    }
    return 0;
}
