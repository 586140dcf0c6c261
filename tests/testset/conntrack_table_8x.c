/*
 * A table of connections in one array, which becomes eight times as large when it is half full. 2,000
 * connections are open, and one is replaced per 6 ops. The mistake: the place of a connection that ended by a
 * reset (1 in 4 of them) stays marked and is moved to the larger array too. Healthy: no mark is left.
 */
#include "pair.h"

enum { FIRST = 8192, OPEN = 2000 };
struct place {
    uint64_t key; /* 0: free */
    uint64_t state;
};
static struct place *table;
static uint64_t size, used, open_keys[OPEN];

static uint64_t hash_of(uint64_t key)
{
    key *= UINT64_C(0x9e3779b97f4a7c15);
    return (key ^ key >> 29) & (size - 1);
}

static struct place *find(uint64_t key)
{
    uint64_t at = hash_of(key);
    while (table[at].key && table[at].key != key)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static PAIR_NOINLINE struct place *table_new(uint64_t places)
{
    struct place *t = calloc(places, sizeof *t);
    if (!t)
        abort();
    return t;
}

static void grow(void)
{
    struct place *old = table;
    uint64_t old_size = size;
    size *= 8;
    table = table_new(size);
    for (uint64_t k = 0; k < old_size; k++)
        if (old[k].key)
            *find(old[k].key) = old[k];
    free(old);
}

static void erase(uint64_t key)
{
    uint64_t hole = (uint64_t)(find(key) - table);
    for (uint64_t at = hole;;) {
        at = (at + 1) & (size - 1);
        if (!table[at].key)
            break;
        uint64_t home = hash_of(table[at].key);
        if (((at - home) & (size - 1)) >= ((at - hole) & (size - 1))) {
            table[hole] = table[at];
            hole = at;
        }
    }
    table[hole].key = 0;
    used--;
}

int heapgate_setup(void)
{
    size = FIRST;
    table = table_new(size);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 6 != 0)
        return 0;
    uint64_t r = pair_random(i, 0);
    uint64_t *slot = &open_keys[i / 6 % OPEN];
    bool reset = (r >> 50) % 4 == 0;
    if (*slot && !(reset && LEAKS))
        erase(*slot);
    if (2 * used >= size)
        grow();
    *slot = i + 1;
    *find(*slot) = (struct place){*slot, r};
    used++;
    return 0;
}
