/*
 * A cache of locale data: values that nobody uses are evicted when there are more than 900 of them, by a hand
 * that goes round. Keys: 20,000 by a power law. The mistake: a load that gives a warning (1 in 500) hands the
 * value out with two references and gets one back, so that it stays in use for ever and under a key that is
 * asked for once. Healthy: the cache has 1,000 values soon, of 200 to 1,200 bytes.
 */
#include "pair.h"

enum { SLOTS = 1000, MOST = 900, KEYS = 20000 };
struct value {
    struct value *next;
    uint32_t key, references;
    char data[];
};
static struct value *ring[SLOTS];
static struct value *by_key[KEYS];
static struct value *in_use;
static unsigned hand;

static PAIR_NOINLINE struct value *value_load(uint32_t key)
{
    struct value *v = malloc(sizeof *v + 200 + key % 1000);
    if (!v)
        abort();
    v->key = key;
    v->references = 1;
    memset(v->data, (int)key, 200);
    return v;
}

static void insert(struct value *v)
{
    struct value **slot = &ring[hand++ % MOST];
    if (*slot) {
        by_key[(*slot)->key] = NULL;
        free(*slot);
    }
    *slot = v;
    by_key[v->key] = v;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) / 9007199254740992.0;
    uint32_t key = (uint32_t)(KEYS * u * u * u);
    bool warns = pair_random(i, 1) % 500 == 0;
    if (warns) {
        struct value *v = value_load(key);
        v->references += LEAKS;
        if (--v->references > 0) {
            v->next = in_use;
            in_use = v;
        } else {
            free(v);
        }
        return 0;
    }
    if (!by_key[key])
        insert(value_load(key));
    return by_key[key]->data[0] != (char)key;
}
