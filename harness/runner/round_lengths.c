#include "runner/round_lengths.h"

/* Sebastiano Vigna's splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void hg_round_lengths(uint64_t seed, uint64_t ops, uint32_t rounds, uint64_t *ret_lengths)
{
    int64_t spread = (int64_t)(ops / HG_LENGTH_SPREAD);
    int64_t last = (int64_t)rounds - 1;
    uint64_t state = seed ^ ops;
    for (int64_t i = 0; i <= last; i++) {
        /* Divided towards 0, so that the lengths above the mean and those below it cancel out. */
        int64_t offset = last > 0 ? (2 * i - last) * spread / last : 0;
        ret_lengths[i] = ops + (uint64_t)offset;
    }
    /* Fisher and Yates' shuffle. */
    for (uint32_t i = rounds; i > 1; i--) {
        uint64_t other = next_random(&state) % i;
        uint64_t length = ret_lengths[i - 1];
        ret_lengths[i - 1] = ret_lengths[other];
        ret_lengths[other] = length;
    }
}
