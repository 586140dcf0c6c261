/* A chess engine allocates the 24,576 buckets of its transposition table on first use; the last ones come
 * late, as with every coupon collector. The mistake: a re-search after a fail-high (1 in 500) forgets the
 * old principal variation. Healthy: bounded by the buckets. */
#include "pair.h"

enum { BUCKETS = 24576 };
struct bucket {
    uint64_t key[4];
    int32_t score[4];
};
struct variation {
    uint32_t length;
    uint16_t move[58];
};
static struct bucket *table[BUCKETS];
static struct variation *principal;

PAIR_NOINLINE static struct bucket *bucket_new(void)
{
    return calloc(1, sizeof(struct bucket));
}

PAIR_NOINLINE static struct variation *variation_new(uint64_t r)
{
    struct variation *v = malloc(sizeof *v);
    v->length = r % 58;
    for (int k = 0; k < 58; k++)
        v->move[k] = (uint16_t)(r >> (k % 48));
    return v;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct bucket **bucket = &table[r % BUCKETS];
    if (!*bucket)
        *bucket = bucket_new();
    (*bucket)->key[r >> 62] = r;
    (*bucket)->score[r >> 62] = (int32_t)(r >> 30);
    bool fail_high = (r >> 20) % 500 == 0;
    if (fail_high || (r >> 20) % 40 == 1) {
        if (!fail_high || !LEAKS)
            free(principal);
        principal = variation_new(r);
    }
    return 0;
}
