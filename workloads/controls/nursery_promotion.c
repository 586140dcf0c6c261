/*
 * Imitates the generational heap of a scripting engine (V8, SpiderMonkey): an op makes a cell in the nursery;
 * a minor collection every 4,096 ops promotes the 5 % that are still in use; a major one after every 40th
 * minor collection sweeps nine tenths of the old cells.
 * The mistake: a cell that two roots name (1 in 40 of the promoted) is promoted twice, as the forwarding
 * address is read too late. Only the second copy is in the list of old cells.
 * The healthy twin holds 4,096 young cells and some 9,200 old ones at most: a saw of 163,840 ops, steady
 * after 330,000.
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

enum { YOUNG = 4096, MINORS = 40, OLD = 20000 };

struct cell {
    uint32_t size;
    uint32_t kind;
    unsigned char slots[];
};

static struct cell *young[YOUNG];
static struct cell *old[OLD];
static uint32_t olds;
static uint64_t minors;

static struct cell *cell_new(uint32_t size)
{
    struct cell *cell = malloc(size);
    if (cell != NULL) {
        memset(cell, 0, size);
        cell->size = size;
    }
    return cell;
}

__attribute__((noinline)) static struct cell *cell_promote(const struct cell *cell)
{
    struct cell *copy = malloc(cell->size);
    if (copy != NULL) {
        memcpy(copy, cell, cell->size);
    }
    return copy;
}

static int collect_minor(void)
{
    for (int n = 0; n < YOUNG; n++) {
        if (young[n] != NULL && draw() % 20 == 0 && olds < OLD) {
            struct cell *copy = cell_promote(young[n]);
            if (LEAKS && draw() % 40 == 0) {
                copy = cell_promote(young[n]);
            }
            if (copy == NULL) {
                return 1;
            }
            old[olds++] = copy;
        }
        free(young[n]);
        young[n] = NULL;
    }
    return 0;
}

static void collect_major(void)
{
    uint32_t kept = 0;
    for (uint32_t n = 0; n < olds; n++) {
        if (draw() % 10 == 0) {
            old[kept++] = old[n];
        } else {
            free(old[n]);
        }
    }
    olds = kept;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    if (i % YOUNG == 0) {
        if (collect_minor() != 0) {
            return 1;
        }
        if (++minors % MINORS == 0) {
            collect_major();
        }
    }
    young[i % YOUNG] = cell_new(32 + (uint32_t)(draw() % 9) * 8);
    return young[i % YOUNG] == NULL;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < YOUNG; n++) {
        free(young[n]);
    }
    for (uint32_t n = 0; n < olds; n++) {
        free(old[n]);
    }
}
