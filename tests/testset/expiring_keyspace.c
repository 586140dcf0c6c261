/* A key-value store of 8,000 possible keys by a power law, with values of varied length and EXPIRE. The
 * mistake: SET on a key with an expiry that passed unseen drops the value unfreed. Healthy: lazy expiry
 * frees it first. */
#include "pair.h"

enum { KEYS = 8000 };

struct key {
    uint8_t *value;
    uint64_t expires;
};

static struct key keys[KEYS];

PAIR_NOINLINE static uint8_t *string_new(uint64_t r)
{
    size_t length = 16 + r % 385;
    uint8_t *value = malloc(length);
    if (!value)
        abort();
    memset(value, (int)(r & 127), length);
    return value;
}

static void set(struct key *key, uint64_t now, uint64_t r)
{
    bool passed = key->expires && key->expires < now;
    if (!passed || !LEAKS)
        free(key->value);
    key->value = string_new(r >> 20);
    key->expires = (r >> 8) % 70 == 0 ? now + 50 : 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(pair_random(i, 1) >> 11) / 9007199254740992.0;
    set(&keys[(size_t)(KEYS * u * u)], i, r);
    return 0;
}
