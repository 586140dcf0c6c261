/* A compressor with a static window and hash table. The mistake: a block that does not shrink (1 in 3,000)
 * is stored by way of a raw buffer of 16 KiB which is not freed. Healthy: the raw buffer is static, so no
 * allocation at all. */
#include "pair.h"

enum { WINDOW = 4096, RAW = 16384 };
static unsigned char window[WINDOW], static_raw[RAW];
static uint16_t chain[1024];
static uint64_t out_bytes;

PAIR_NOINLINE static unsigned char *raw_new(void)
{
    unsigned char *raw = LEAKS ? malloc(RAW) : static_raw;
    if (!raw)
        abort();
    return raw;
}

static void store_raw(void)
{
    unsigned char *raw = raw_new();
    for (int k = 0; k < RAW; k += WINDOW)
        memcpy(raw + k, window, WINDOW);
    out_bytes += RAW + raw[7] % 2u;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    uint32_t at = i * 8 % WINDOW;
    memcpy(window + at, &r, 8);
    for (uint32_t k = 0; k < 6; k++) {
        uint16_t *slot = &chain[(window[at + k] * 5u + window[at + k + 1] * 3u) % 1024];
        out_bytes += window[*slot] == window[at + k] ? 1 : 2;
        *slot = (uint16_t)(at + k);
    }
    if ((r >> 17) % 3000 == 0)
        store_raw();
    return 0;
}
