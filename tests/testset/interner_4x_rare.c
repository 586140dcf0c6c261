/*
 * A linker's table of names in one array, which becomes four times as large when it is three quarters full.
 * 1 op in 100 has a name that is new to the pass, and a pass has 600. The mistake: the names of the pass
 * before are not taken out, as the number of the pass is part of them. Healthy: the table is emptied after
 * each pass.
 */
#include "pair.h"

enum { FIRST = 1024, EVERY = 100, PASS = 600 };
static uint64_t *table;
static uint64_t size, used;

static PAIR_NOINLINE uint64_t *table_new(uint64_t places)
{
    uint64_t *t = calloc(places, 2 * sizeof *t);
    if (!t)
        abort();
    return t;
}

static void insert(uint64_t name)
{
    uint64_t at = (name * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
    at &= size - 1;
    while (table[2 * at] && table[2 * at] != name)
        at = (at + 1) & (size - 1);
    used += !table[2 * at];
    table[2 * at] = name;
}

static void grow(void)
{
    uint64_t *old = table;
    uint64_t old_size = size;
    size *= 4;
    table = table_new(size);
    used = 0;
    for (uint64_t k = 0; k < old_size; k++)
        if (old[2 * k])
            insert(old[2 * k]);
    free(old);
}

int heapgate_setup(void)
{
    size = FIRST;
    table = table_new(size);
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % EVERY != 0)
        return 0;
    uint64_t number = i / EVERY;
    if (number % PASS == 0 && !LEAKS) {
        memset(table, 0, size * 2 * sizeof *table);
        used = 0;
    }
    if (4 * used >= 3 * size)
        grow();
    insert(number + 1);
    return 0;
}
