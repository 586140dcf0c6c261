/*
 * Imitates cardinality counters (Redis' HyperLogLog): 1,500 keys under a power law; a counter is a sorted
 * list of the registers that are not 0, in steps of 16 places, and becomes a dense array of 512 bytes when it
 * has 128 of them.
 * The mistake: to merge two counters (1 op in 2,500 by chance) the sparse one is unpacked into a dense array
 * of its own, and that is forgotten if the other one was dense already.
 * The healthy twin grows ever more slowly: a counter ends as 512 bytes, and the rarest key is used once in
 * 4,500 ops on the mean and becomes dense after some 150 of its uses: steady after op 900,000.
 */
#include <heapgate/workload.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { COUNTERS = 1500, REGISTERS = 512, SPARSE = 128, STEP = 16 };

struct pair {
    uint16_t place, rank;
};

struct counter {
    struct pair *sparse;
    unsigned used, capacity;
    unsigned char *dense;
};

static struct counter counters[COUNTERS];

static unsigned char *dense_new(void)
{
    return calloc(1, REGISTERS);
}

__attribute__((noinline)) static unsigned char *unpack(const struct counter *counter)
{
    unsigned char *dense = calloc(1, REGISTERS);
    for (unsigned n = 0; dense != NULL && n < counter->used; n++) {
        dense[counter->sparse[n].place] = (unsigned char)counter->sparse[n].rank;
    }
    return dense;
}

static int sparse_set(struct counter *counter, uint16_t place, uint16_t rank)
{
    unsigned n = 0;
    while (n < counter->used && counter->sparse[n].place < place) {
        n++;
    }
    if (n < counter->used && counter->sparse[n].place == place) {
        if (counter->sparse[n].rank < rank) {
            counter->sparse[n].rank = rank;
        }
        return 0;
    }
    if (counter->used == counter->capacity) {
        struct pair *more = realloc(counter->sparse, (counter->capacity + STEP) * sizeof *more);
        if (more == NULL) {
            return 1;
        }
        counter->sparse = more;
        counter->capacity += STEP;
    }
    memmove(counter->sparse + n + 1, counter->sparse + n, (counter->used - n) * sizeof *counter->sparse);
    counter->sparse[n] = (struct pair){place, rank};
    counter->used++;
    return 0;
}

static int counter_add(struct counter *counter, uint64_t hash)
{
    uint16_t place = (uint16_t)(hash % REGISTERS);
    uint16_t rank = (uint16_t)(__builtin_ctzll(hash >> 9 | 1ull << 54) + 1);
    if (counter->dense == NULL && counter->used < SPARSE) {
        return sparse_set(counter, place, rank);
    }
    if (counter->dense == NULL) {
        if ((counter->dense = dense_new()) == NULL) {
            return 1;
        }
        for (unsigned n = 0; n < counter->used; n++) {
            counter->dense[counter->sparse[n].place] = (unsigned char)counter->sparse[n].rank;
        }
        free(counter->sparse);
        counter->sparse = NULL;
        counter->used = counter->capacity = 0;
    }
    if (counter->dense[place] < rank) {
        counter->dense[place] = (unsigned char)rank;
    }
    return 0;
}

static int merge(const struct counter *one, const struct counter *other)
{
    unsigned char *temporary = unpack(one);
    if (temporary == NULL) {
        return 1;
    }
    for (int n = 0; n < REGISTERS && other->dense != NULL; n++) {
        temporary[n] |= other->dense[n];
    }
    if (!LEAKS || other->dense == NULL) {
        free(temporary);
    }
    return 0;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    double u = (double)(draw() >> 11) * 0x1p-53;
    struct counter *counter = &counters[(size_t)(u * u * u * COUNTERS)];
    if (counter_add(counter, draw()) != 0) {
        return 1;
    }
    return draw() % 2500 == 0 ? merge(counter, &counters[draw() % 50]) : 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < COUNTERS; n++) {
        free(counters[n].sparse);
        free(counters[n].dense);
    }
}
