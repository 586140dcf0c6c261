/*
 * Tiered compaction of sorted tables: every 137 writes make a table, four tables of a level are merged into
 * one of the next. The mistake: a merge frees the blocks of its inputs but not their bloom filters. The
 * healthy one frees all of an input; keys come from a set of 5,000, so that the last level is bounded.
 */
#include "pair.h"
#include <stdlib.h>

enum { FLUSH = 137, FAN = 4, LEVELS = 4, KEYS = 5000 };
struct table {
    uint32_t count;
    uint32_t *key;
    unsigned char *filter;
};
static struct table *level[LEVELS][FAN];
static unsigned tables[LEVELS];
static uint32_t memtable[FLUSH];
static unsigned char seen[KEYS];

static PAIR_NOINLINE unsigned char *filter_build(const uint32_t *key, uint32_t count)
{
    size_t bytes = count + 8;
    unsigned char *f = calloc(1, bytes);
    for (uint32_t k = 0; k < count; k++)
        f[key[k] * 2654435761u % bytes] |= (unsigned char)(1 << key[k] % 8);
    return f;
}

static struct table *table_from_seen(uint32_t count)
{
    struct table *t = malloc(sizeof *t);
    t->count = 0;
    t->key = malloc(count * sizeof *t->key);
    for (uint32_t k = 0; k < KEYS; k++)
        if (seen[k])
            t->key[t->count++] = k;
    t->filter = filter_build(t->key, t->count);
    memset(seen, 0, sizeof seen);
    return t;
}

static void table_free(struct table *t)
{
    free(t->key);
    if (!LEAKS)
        free(t->filter);
    free(t);
}

static void put(unsigned l, struct table *t)
{
    level[l][tables[l]++] = t;
    if (tables[l] < FAN)
        return;
    uint32_t count = 0;
    for (unsigned k = 0; k < FAN; k++) {
        for (uint32_t j = 0; j < level[l][k]->count; j++) {
            count += !seen[level[l][k]->key[j]];
            seen[level[l][k]->key[j]] = 1;
        }
        table_free(level[l][k]);
    }
    tables[l] = 0;
    put(l + 1 < LEVELS ? l + 1 : l, table_from_seen(count));
}

int heapgate_iterate(uint64_t i)
{
    uint32_t count = 0;
    memtable[i % FLUSH] = (uint32_t)(pair_random(i, 0) % KEYS);
    if (i % FLUSH != FLUSH - 1)
        return 0;
    for (unsigned k = 0; k < FLUSH; k++) {
        count += !seen[memtable[k]];
        seen[memtable[k]] = 1;
    }
    put(0, table_from_seen(count));
    return 0;
}
