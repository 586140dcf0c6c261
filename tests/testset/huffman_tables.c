/*
 * A block decoder with dynamic Huffman tables. The mistake: when the second table's code lengths are over-
 * subscribed (one damaged block in 300), the error return frees nothing, and the first table is lost. The
 * healthy one frees both tables on every way out.
 */
#include "pair.h"

struct table {
    uint16_t bits, symbols;
    uint16_t entry[];
};

static PAIR_NOINLINE struct table *table_build(const unsigned char *length, unsigned n, unsigned bits)
{
    unsigned left = 1u << bits, at = 0;
    struct table *t;

    for (unsigned k = 0; k < n; k++) {
        unsigned span = length[k] ? 1u << (bits - length[k]) : 0;
        if (span > left)
            return NULL; /* over-subscribed */
        left -= span;
    }
    t = malloc(sizeof *t + (sizeof t->entry[0] << bits));
    t->bits = (uint16_t)bits;
    t->symbols = (uint16_t)n;
    memset(t->entry, 0, sizeof t->entry[0] << bits);
    for (unsigned k = 0; k < n; k++)
        for (unsigned span = length[k] ? 1u << (bits - length[k]) : 0; span; span--)
            t->entry[at++] = (uint16_t)(k << 4 | length[k]);
    return t;
}

static int decode_block(const unsigned char *header, unsigned *checksum)
{
    struct table *literals = table_build(header, 64, 9), *distances;
    if (!literals)
        return -1;
    distances = table_build(header + 64, 30, 7);
    if (!distances) {
        if (!LEAKS)
            free(literals);
        return -1;
    }
    for (unsigned k = 0; k < 64; k++)
        *checksum += literals->entry[k * 7 % 512] ^ distances->entry[k % 128];
    free(distances);
    free(literals);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    unsigned char header[94];
    unsigned checksum = 0;
    uint64_t r = pair_random(i, 0);

    memset(header, 7, 64);
    memset(header + 64, 6, 30);
    header[r % 64] = 8;
    header[64 + (r >> 8) % 30] = 7;
    if ((r >> 16) % 300 == 0)
        memset(header + 64, 1, 3); /* three codes of one bit */
    decode_block(header, &checksum);
    return checksum == 1;
}
