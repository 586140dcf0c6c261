/* A style engine caches matched rules in two generations: after 20,000 new entries the old generation is
 * dropped and the young one grows old. The mistake: on promotion, rule lists with a :hover part are copied
 * and the old list is forgotten. Healthy: two generations at most. */
#include "pair.h"

enum { ELEMENTS = 60000, GENERATION = 20000 };
struct entry {
    uint32_t key, rules;
    uint32_t *list;
};
static struct entry *young[ELEMENTS], *old[ELEMENTS];
static uint32_t young_keys[GENERATION], old_keys[GENERATION], young_count, old_count;

PAIR_NOINLINE static uint32_t *list_new(uint32_t key)
{
    uint32_t *list = malloc(16 * sizeof *list);
    for (uint32_t k = 0; k < 16; k++)
        list[k] = key + k;
    return list;
}

static void flip(void)
{
    for (uint32_t k = 0; k < old_count; k++)
        if (old[old_keys[k]]) {
            free(old[old_keys[k]]->list);
            free(old[old_keys[k]]);
            old[old_keys[k]] = NULL;
        }
    for (uint32_t k = 0; k < young_count; k++) {
        old[young_keys[k]] = young[young_keys[k]];
        young[young_keys[k]] = NULL;
    }
    memcpy(old_keys, young_keys, sizeof old_keys);
    old_count = young_count;
    young_count = 0;
}

static struct entry *promote(struct entry *entry)
{
    if (entry->key % 50 == 0) {
        uint32_t *before = entry->list;
        entry->list = list_new(entry->key);
        if (!LEAKS)
            free(before);
    }
    return entry;
}

int heapgate_iterate(uint64_t i)
{
    double u = (double)(pair_random(i, 0) >> 11) * 0x1p-53;
    uint32_t key = (uint32_t)(ELEMENTS * u * u);
    if (young[key])
        return 0;
    if (young_count == GENERATION)
        flip();
    if (old[key]) {
        young[key] = promote(old[key]);
        old[key] = NULL;
    } else {
        young[key] = malloc(sizeof(struct entry));
        *young[key] = (struct entry){key, 16, list_new(key)};
    }
    young_keys[young_count++] = key;
    return 0;
}
