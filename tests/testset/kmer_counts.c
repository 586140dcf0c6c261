/* A genome assembler counts 8-mers in an open-addressing table that doubles until all 65,536 of them have a
 * place. The mistake: a read with an ambiguous base (1 in 2,000) leaves its quality string behind. Healthy:
 * at most 131,072 slots, reached late because only one op in three brings a window. */
#include "pair.h"

struct slot {
    uint32_t kmer, count;
};
static struct slot *table;
static uint32_t capacity, used;

PAIR_NOINLINE static struct slot *table_new(uint32_t n)
{
    return calloc(n, sizeof(struct slot));
}

static struct slot *find(struct slot *t, uint32_t n, uint32_t kmer)
{
    uint32_t at = kmer * 2654435761u & (n - 1);
    while (t[at].count && t[at].kmer != kmer)
        at = (at + 1) & (n - 1);
    return &t[at];
}

static void grow(void)
{
    uint32_t n = capacity ? capacity * 2 : 64;
    struct slot *bigger = table_new(n);
    for (uint32_t k = 0; k < capacity; k++)
        if (table[k].count)
            *find(bigger, n, table[k].kmer) = table[k];
    free(table);
    table = bigger;
    capacity = n;
}

PAIR_NOINLINE static char *quality_read(uint64_t r)
{
    char *quality = malloc(512);
    memset(quality, '!' + (int)(r % 40), 512);
    return quality;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    char *quality = quality_read(r);
    bool ambiguous = (r >> 20) % 2000 == 0;
    if (ambiguous && LEAKS)
        return 0;
    free(quality);
    if (ambiguous || i % 3)
        return 0;
    if (used >= capacity / 10 * 7)
        grow();
    struct slot *slot = find(table, capacity, r >> 48);
    used += slot->count == 0;
    slot->kmer = r >> 48;
    slot->count++;
    return 0;
}
