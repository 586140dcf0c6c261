#include "runner/low_water.h"

#include "record/assert.h"

/* Marsaglia's xorshift64 ("Xorshift RNGs", 2003); the state is never 0. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* From 1 to twice the spacing less 1, all alike. */
static void wait_again(hg_low_water *low)
{
    low->wait = 1 + next_random(&low->random) % (2 * low->spacing - 1);
}

hg_low_water hg_low_water_start(uint64_t ops, uint64_t seed)
{
    hg_low_water low = {
        .spacing = ops > HG_LOW_WATER_SAMPLES ? ops / HG_LOW_WATER_SAMPLES : 1,
        .random = seed * 0x9e3779b97f4a7c15u | 1,
    };
    wait_again(&low);
    return low;
}

void hg_low_water_note(hg_low_water *low, int64_t blocks, int64_t bytes)
{
    HG_PROBE_ASSERT(low->spacing > 0);
    if (low->samples == 0 || blocks < low->blocks)
        low->blocks = blocks;
    if (low->samples == 0 || bytes < low->bytes)
        low->bytes = bytes;
    low->samples++;
    if (low->wait == 0)
        wait_again(low);
}
