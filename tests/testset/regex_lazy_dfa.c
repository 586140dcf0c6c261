/*
 * A regular-expression engine builds DFA states lazily and drops them all when there are 3,000. The mistake:
 * the flush frees the states but not the lists of matching patterns that one state in twelve has. The healthy
 * one frees both; the live heap goes up and down like a saw.
 */
#include "pair.h"

enum { LIMIT = 3000, SLOTS = 8192 };
struct state {
    uint64_t key;
    uint16_t *accepts;
    struct state *next[16];
};
static struct state *table[SLOTS];
static unsigned states;

static PAIR_NOINLINE uint16_t *accept_list(uint64_t key)
{
    unsigned n = 2 + (unsigned)(key % 7);
    uint16_t *list = malloc((n + 1) * sizeof *list);
    list[0] = (uint16_t)n;
    for (unsigned k = 1; k <= n; k++)
        list[k] = (uint16_t)(key >> k);
    return list;
}

static void flush(void)
{
    for (unsigned k = 0; k < SLOTS; k++) {
        if (table[k] && !LEAKS)
            free(table[k]->accepts);
        free(table[k]);
        table[k] = NULL;
    }
    states = 0;
}

static struct state *state_for(uint64_t key)
{
    unsigned h = (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> 51);
    while (table[h] && table[h]->key != key)
        h = (h + 1) % SLOTS;
    if (!table[h]) {
        table[h] = calloc(1, sizeof *table[h]);
        table[h]->key = key;
        if (key % 12 == 0)
            table[h]->accepts = accept_list(key);
        states++;
    }
    return table[h];
}

int heapgate_iterate(uint64_t i)
{
    struct state *s;
    unsigned matches = 0;

    if (states > LIMIT)
        flush();
    for (unsigned k = 0; k < 4; k++) {
        uint64_t r = pair_random(i, k);
        uint64_t key = r % 3 ? r >> 20 & 255 : r >> 20 & 0xffff;
        s = state_for(key);
        matches += s->accepts ? s->accepts[0] : 0;
    }
    return matches > 1000;
}
