/*
 * A request arena as in a web template engine: it is rewound after each page and its chunks are used again.
 * The mistake: requests larger than a chunk get a chunk of their own on a second list, which the rewind only
 * empties, not frees. The healthy one frees them. Normal pages allocate nothing once the chunks are there.
 */
#include "pair.h"

enum { CHUNK = 8192, CHUNKS = 16 };
struct large {
    struct large *next;
    size_t size;
    unsigned char bytes[];
};
static unsigned char *chunk[CHUNKS];
static struct large *large;
static unsigned current;
static size_t used;

static PAIR_NOINLINE void *arena_large(size_t size)
{
    struct large *l = malloc(sizeof *l + size);
    l->size = size;
    l->next = large;
    large = l;
    return l->bytes;
}

static PAIR_NOINLINE void arena_chunk(void)
{
    chunk[current] = malloc(CHUNK);
    chunk[current][0] = 0;
}

static void *arena_alloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > CHUNK)
        return arena_large(size);
    if (used + size > CHUNK) {
        current++;
        used = 0;
    }
    if (!chunk[current])
        arena_chunk();
    used += size;
    return chunk[current] + used - size;
}

static void arena_rewind(void)
{
    while (!LEAKS && large) {
        struct large *next = large->next;
        free(large);
        large = next;
    }
    large = NULL;
    current = 0;
    used = 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned parts = 2 + (unsigned)(r % 24);
    for (unsigned k = 0; k < parts; k++) {
        size_t size = 40 + (size_t)(pair_random(i, k + 1) % 900);
        memset(arena_alloc(size), (int)k, 16);
    }
    if (i % 811 == 700) /* someone exports the whole table */
        memset(arena_alloc(9000 + (size_t)(r >> 20) % 20000), 1, 9000);
    arena_rewind();
    return 0;
}
