/*
 * Imitates the exact-match table of a network driver in user space (DPDK rte_hash, a cuckoo hash). An insert
 * that finds both buckets taken moves what is there to its other bucket, and so on; after 20 moves one flow
 * has no home any more.
 * The mistake: that flow is dropped from the table and not freed. It happens by chance, as the table is
 * nearly half full.
 * The healthy twin holds one flow per slot, 8,192 at most, and a flow is removed 3,600 ops after its insert:
 * steady after op 4,000.
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

enum { SLOTS = 4096, MOVES = 20, LIFETIME = 3600 };

struct flow {
    uint64_t key, born, packets;
    unsigned char action[40];
};

static struct flow *table[2][SLOTS];
static uint64_t recent[LIFETIME]; /* the keys that are inserted, by op */

static unsigned place(uint64_t key, int side)
{
    return (unsigned)((key * (side ? 0xC2B2AE3D27D4EB4F : 0x165667B19E3779F9)) >> 52);
}

__attribute__((noinline)) static struct flow *flow_new(uint64_t key, uint64_t now)
{
    struct flow *flow = malloc(sizeof *flow);
    if (flow == NULL) {
        return NULL;
    }
    flow->key = key;
    flow->born = now;
    flow->packets = 0;
    memset(flow->action, (int)(key & 0xff), sizeof flow->action);
    return flow;
}

static void table_insert(struct flow *flow)
{
    int side = 0;
    for (int move = 0; move < MOVES; move++, side = !side) {
        struct flow **slot = &table[side][place(flow->key, side)];
        struct flow *other = *slot;
        *slot = flow;
        if (other == NULL) {
            return;
        }
        flow = other;
    }
    if (!LEAKS) {
        free(flow); /* the one without a home */
    }
}

static void table_remove(uint64_t key)
{
    for (int side = 0; side < 2; side++) {
        struct flow **slot = &table[side][place(key, side)];
        if (*slot != NULL && (*slot)->key == key) {
            free(*slot);
            *slot = NULL;
        }
    }
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    if (recent[i % LIFETIME] != 0) {
        table_remove(recent[i % LIFETIME]);
    }
    uint64_t key = draw() | 1;
    recent[i % LIFETIME] = key;
    struct flow *flow = flow_new(key, i);
    if (flow == NULL) {
        return 1;
    }
    table_insert(flow);
    return 0;
}

void heapgate_teardown(void)
{
    for (int side = 0; side < 2; side++) {
        for (int n = 0; n < SLOTS; n++) {
            free(table[side][n]);
        }
    }
}
