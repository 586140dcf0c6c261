/*
 * An audio resampler whose filter bank is built for a pair of rates and used again until the rates change.
 * The mistake: setting new rates allocates a bank over the old one, which realloc would have kept. The
 * healthy one frees the old bank. Rates change about every 1,900 blocks; the blocks themselves use static
 * buffers.
 */
#include "pair.h"
#include <math.h>

enum { TAPS = 16, BLOCK = 64 };
static struct resampler {
    unsigned in, out, phases;
    float *bank;
} resampler;
static float input[BLOCK + TAPS], output[BLOCK * 4];

static PAIR_NOINLINE __attribute__((noclone)) void build_bank(struct resampler *r, unsigned phases)
{
    if (!LEAKS)
        free(r->bank);
    r->bank = malloc(phases * TAPS * sizeof *r->bank);
    r->phases = phases;
    for (unsigned k = 0; k < phases * TAPS; k++)
        r->bank[k] = 1.0f / TAPS + (float)(k % 7) * 1e-3f;
}

static void set_rates(struct resampler *r, unsigned in, unsigned out)
{
    static const unsigned phases[5] = {48, 80, 147, 160, 64};
    r->in = in;
    r->out = out;
    build_bank(r, phases[(in + out) % 5]);
}

static float convert(const struct resampler *r)
{
    float last = 0;
    for (unsigned k = 0; k < BLOCK; k++) {
        const float *taps = r->bank + k % r->phases * TAPS;
        float acc = 0;
        for (unsigned t = 0; t < TAPS; t++)
            acc += input[k + t] * taps[t];
        output[k] = last = acc;
    }
    return last;
}

int heapgate_setup(void)
{
    set_rates(&resampler, 0, 0);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    input[i % (BLOCK + TAPS)] = (float)(r & 255) / 256;
    if ((r >> 8) % 1900 == 0)
        set_rates(&resampler, (unsigned)(r >> 30) % 5, (unsigned)(r >> 40) % 5);
    return isnan(convert(&resampler));
}
