/* A low-pass filter over blocks of 32 samples with a static state. The mistake: a block that is not finite
 * (1 in 900) resets the filter by allocating a new state and forgetting the old one. Healthy: the state is
 * cleared in place, so there is no allocation at all after setup. */
#include "pair.h"
#include <math.h>

enum { TAPS = 24, BLOCK = 32 };
struct state {
    float history[TAPS];
    uint32_t at;
};
static float taps[TAPS];
static struct state *state;
static double energy;

PAIR_NOINLINE static struct state *state_new(void)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    return s;
}

static void reset(void)
{
    if (LEAKS)
        state = state_new();
    else
        memset(state, 0, sizeof *state);
}

int heapgate_setup(void)
{
    state = state_new();
    for (int k = 0; k < TAPS; k++)
        taps[k] = 1.0f / TAPS;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    float gain = i % 900 == 450 ? INFINITY : 1.0f, out = 0;
    for (int k = 0; k < BLOCK; k++) {
        state->history[state->at++ % TAPS] = gain * (float)(int8_t)(r >> k);
        out = 0;
        for (int t = 0; t < TAPS; t++)
            out += taps[t] * state->history[t];
    }
    if (!isfinite(out))
        reset();
    else
        energy += out * out;
    return 0;
}

void heapgate_teardown(void)
{
    free(state);
}
