/*
 * Imitates a search server that takes a snapshot of its segment list for each long query (Lucene-like): 1 op
 * in 400 takes one, of 36,000 bytes, and gives it back at the end of the op.
 * The mistake: a snapshot that a merge overtakes meanwhile (1 of 125 by chance) is not given back: one loss
 * in some 50,000 ops.
 * The healthy twin holds 1,000 terms of a varying length beside it: steady after op 10,000.
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

enum { TERMS = 1000, SEGMENTS = 1500 };

struct segment {
    uint64_t generation, documents;
    uint32_t deleted, flags;
};

static char *terms[TERMS];

__attribute__((noinline)) static struct segment *snapshot_take(uint64_t generation)
{
    struct segment *segments = malloc(SEGMENTS * sizeof *segments);
    if (segments == NULL) {
        return NULL;
    }
    for (uint64_t n = 0; n < SEGMENTS; n++) {
        segments[n] = (struct segment){generation, n, 0, 0};
    }
    return segments;
}

static char *term_new(void)
{
    size_t length = 4 + draw() % 40;
    char *term = malloc(length);
    if (term != NULL) {
        memset(term, 't', length);
    }
    return term;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    char **term = &terms[draw() % TERMS];
    free(*term);
    if ((*term = term_new()) == NULL) {
        return 1;
    }
    if (draw() % 400 != 0) {
        return 0;
    }
    struct segment *snapshot = snapshot_take(i);
    if (snapshot == NULL) {
        return 1;
    }
    int overtaken = draw() % 125 == 0;
    if (!LEAKS || !overtaken) {
        free(snapshot);
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < TERMS; n++) {
        free(terms[n]);
    }
}
