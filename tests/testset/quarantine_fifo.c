/*
 * Imitates the quarantine of a hardened allocator (AddressSanitizer, Scudo): what the program frees waits in
 * a first-in first-out list until the list holds more than 256 KiB, and is then released until it holds 90 %
 * of that.
 * The mistake: of the large chunks that are at the head when the drain ends, one in four by chance is
 * unlinked and not released (the drain leaves the loop between both steps).
 * The healthy twin holds 256 KiB and one chunk more at most, and falls by a tenth at each drain: steady after
 * op 1,000.
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

enum { LIMIT = 256 * 1024, LOW = LIMIT / 10 * 9, LARGE = 448 };

struct chunk {
    struct chunk *next;
    size_t size;
};

static struct chunk *first, **last = &first;
static size_t held;

__attribute__((noinline)) static struct chunk *chunk_new(size_t size)
{
    struct chunk *chunk = malloc(size);
    if (chunk != NULL) {
        memset(chunk, 0, size);
        chunk->size = size;
    }
    return chunk;
}

static struct chunk *unlink_first(void)
{
    struct chunk *chunk = first;
    first = chunk->next;
    if (first == NULL) {
        last = &first;
    }
    held -= chunk->size;
    return chunk;
}

static void drain(void)
{
    while (first != NULL) {
        struct chunk *chunk = unlink_first();
        if (LEAKS && held <= LOW && chunk->size >= LARGE && draw() % 4 == 0) {
            return;
        }
        free(chunk);
        if (held <= LOW) {
            return;
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
    struct chunk *chunk = chunk_new(32 + draw() % 481);
    if (chunk == NULL) {
        return 1;
    }
    *last = chunk;
    last = &chunk->next;
    held += chunk->size;
    if (held > LIMIT) {
        drain();
    }
    return 0;
}

void heapgate_teardown(void)
{
    while (first != NULL) {
        free(unlink_first());
    }
}
