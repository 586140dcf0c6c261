/* A map tile server keeps the last 120,000 tiles it rendered in a ring, one new tile per op. The mistake: a
 * tile that is revalidated (1 op in 50) gets a new ETag and the old one is not freed. Healthy: the ring is
 * full after 120,000 ops and every tile owns one ETag. */
#include "pair.h"
#include <stdio.h>

enum { TILES = 120000 };
struct tile {
    uint64_t key;
    char *etag;
    unsigned size;
    unsigned char png[];
};
static struct tile *ring[TILES];

PAIR_NOINLINE static char *etag_new(uint64_t hash)
{
    char *etag = malloc(40);
    snprintf(etag, 40, "W/\"%016jx\"", (uintmax_t)hash);
    return etag;
}

PAIR_NOINLINE static struct tile *tile_render(uint64_t key)
{
    unsigned size = 24 + key % 64;
    struct tile *tile = malloc(sizeof *tile + size);
    tile->key = key;
    tile->size = size;
    memset(tile->png, (int)key, size);
    return tile;
}

static void revalidate(struct tile *tile, uint64_t hash)
{
    char *old = tile->etag;
    tile->etag = etag_new(hash);
    if (!LEAKS)
        free(old);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct tile **slot = &ring[i % TILES];
    if (*slot) {
        free((*slot)->etag);
        free(*slot);
    }
    *slot = tile_render(r);
    (*slot)->etag = etag_new(r);
    if (i % 50 == 49)
        revalidate(ring[r % (i < TILES ? i : TILES)], ~r);
    return 0;
}
