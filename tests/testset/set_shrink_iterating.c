/*
 * Imitates the hash sets of a script runtime (CPython, Lua): the table doubles when it is two thirds full and
 * halves when it is an eighth full. The number of members goes slowly up and down between 200 and 6,000, with
 * a period of 60,000 ops.
 * The mistake: a table that is replaced while somebody iterates over it (1 in 4 replacements by chance) is
 * left to the iterator, which does not free it at its end.
 * The healthy twin's table has 16,384 places of 16 bytes at most: steady after op 30,000.
 */
#include <heapgate/workload.h>
#include <math.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { LEAST = 256, PERIOD = 60000 };

struct place {
    uint64_t key, hash;
};

static struct place *table;
static uint64_t size, used, newest, oldest; /* the members are oldest to newest - 1, from 1 on */

__attribute__((noinline)) static struct place *table_new(uint64_t places)
{
    return calloc(places, sizeof(struct place));
}

static uint64_t hash_of(uint64_t key)
{
    return key * 0x9E3779B97F4A7C15 >> 20;
}

static void table_put(struct place *places, uint64_t mask, uint64_t key)
{
    uint64_t at = hash_of(key) & mask;
    while (places[at].key != 0) {
        at = (at + 1) & mask;
    }
    places[at] = (struct place){key, hash_of(key)};
}

static void table_remove(uint64_t key)
{
    uint64_t mask = size - 1, at = hash_of(key) & mask;
    while (table[at].key != key) {
        at = (at + 1) & mask;
    }
    uint64_t hole = at;
    for (at = (at + 1) & mask; table[at].key != 0; at = (at + 1) & mask) {
        if (((at - table[at].hash) & mask) >= ((at - hole) & mask)) {
            table[hole] = table[at];
            hole = at;
        }
    }
    table[hole].key = 0;
}

static int table_resize(uint64_t places)
{
    struct place *next = table_new(places);
    if (next == NULL) {
        return 1;
    }
    for (uint64_t key = oldest; key < newest; key++) {
        table_put(next, places - 1, key);
    }
    int iterating = draw() % 4 == 0;
    if (!LEAKS || !iterating) {
        free(table);
    }
    table = next;
    size = places;
    return 0;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    size = LEAST;
    oldest = newest = 1;
    table = table_new(size);
    return table == NULL;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    uint64_t wanted = 3100 - (uint64_t)(2900 * cos(6.283185307 * (double)(i % PERIOD) / PERIOD) + 0.5);
    wanted = wanted > 6000 ? 6000 : wanted;
    for (int n = 0; n < 2 && used < wanted; n++, used++) {
        table_put(table, size - 1, newest++);
    }
    for (int n = 0; n < 2 && used >= wanted; n++, used--) {
        table_remove(oldest++);
    }
    if (used * 3 > size * 2) {
        return table_resize(size * 2);
    }
    return size > LEAST && used * 8 < size ? table_resize(size / 2) : 0;
}

void heapgate_teardown(void)
{
    free(table);
}
