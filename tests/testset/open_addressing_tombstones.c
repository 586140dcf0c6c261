/*
 * An open-addressed hash table of live objects by number, with tombstones. The mistake: when slots run short
 * the table always doubles, although most slots in use are tombstones. The healthy one rehashes at the same
 * size while fewer than a third of the slots hold an entry; 700 entries are alive at most.
 */
#include "pair.h"

enum { LIVE = 700 };
static const uint64_t EMPTY = 0, DEAD = UINT64_MAX;
struct slot {
    uint64_t key;
    uint32_t value, check;
};
static struct slot *table;
static size_t capacity, filled, entries;
static uint64_t alive[LIVE];

static struct slot *find(struct slot *in, size_t room, uint64_t key)
{
    size_t h = key * UINT64_C(0x9e3779b97f4a7c15) >> 20 & (room - 1);
    while (in[h].key != EMPTY && in[h].key != key)
        h = (h + 1) & (room - 1);
    return &in[h];
}

static PAIR_NOINLINE void rehash(size_t room)
{
    struct slot *bigger = calloc(room, sizeof *bigger);
    for (size_t k = 0; k < capacity; k++)
        if (table[k].key != EMPTY && table[k].key != DEAD)
            *find(bigger, room, table[k].key) = table[k];
    free(table);
    table = bigger;
    capacity = room;
    filled = entries;
}

static void insert(uint64_t key, uint32_t value)
{
    struct slot *s;
    if ((filled + 1) * 4 > capacity * 3)
        rehash(capacity == 0 ? 64 : LEAKS || entries * 3 > capacity ? capacity * 2 : capacity);
    s = find(table, capacity, key);
    s->key = key;
    s->value = value;
    s->check = value ^ (uint32_t)key;
    filled++;
    entries++;
}

static void erase(uint64_t key)
{
    find(table, capacity, key)->key = DEAD;
    entries--;
}

int heapgate_iterate(uint64_t i)
{
    unsigned k = (unsigned)(pair_random(i, 0) % LIVE);
    if (alive[k])
        erase(alive[k]);
    alive[k] = i + 1;
    insert(alive[k], k);
    return 0;
}
