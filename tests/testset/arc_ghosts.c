/*
 * A cache of 4,000 blocks that remembers the keys of 4,000 evicted ones, by a clock hand each, under a
 * power law over 60,000 keys with scans in between. The mistake: a key that is remembered and asked for
 * again leaves the list of the remembered, and its record is made anew if a scan runs (1 op in 8). Healthy:
 * the record is reused.
 */
#include "pair.h"

enum { BLOCKS = 4000, KEYS = 60000, SCAN = 8 };
struct record {
    uint32_t key;
    unsigned place;
    bool resident;
    unsigned char *block;
    uint64_t history[4];
};
static struct record *by_key[KEYS], *resident[BLOCKS], *ghost[BLOCKS];
static unsigned resident_hand, ghost_hand;

static PAIR_NOINLINE struct record *record_new(uint32_t key)
{
    struct record *r = malloc(sizeof *r);
    if (!r)
        abort();
    r->key = key;
    return r;
}

static PAIR_NOINLINE unsigned char *block_new(uint32_t key)
{
    unsigned char *block = malloc(128);
    if (!block)
        abort();
    return memset(block, (int)key, 128);
}

static void remember(struct record *r)
{
    r->place = ghost_hand++ % BLOCKS;
    struct record **slot = &ghost[r->place];
    free(r->block);
    r->block = NULL;
    r->resident = false;
    if (*slot) {
        by_key[(*slot)->key] = NULL;
        free(*slot);
    }
    *slot = r;
}

static void forget(const struct record *r)
{
    ghost[r->place] = NULL;
}

static void load(uint32_t key, bool scan)
{
    struct record *r = by_key[key];
    if (r)
        forget(r);
    if (!r || (scan && LEAKS))
        r = record_new(key);
    r->block = block_new(key);
    r->resident = true;
    by_key[key] = r;
    struct record **slot = &resident[resident_hand++ % BLOCKS];
    if (*slot)
        remember(*slot);
    *slot = r;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) / 9007199254740992.0;
    bool scan = r % SCAN == 0;
    uint32_t key = scan ? (uint32_t)(i / 2 % KEYS) : (uint32_t)(KEYS * u * u * u);
    if (i % 2 == 0 && (!by_key[key] || !by_key[key]->resident))
        load(key, scan);
    return 0;
}
