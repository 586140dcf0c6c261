/*
 * Imitates the scratch numbers of a crypto library (OpenSSL's BN_CTX): a function starts a frame, takes
 * numbers from a pool that grows by chunks of 16, and ends the frame, which gives them back to the pool.
 * The mistake: an inverse that does not exist (1 op in 1,500) returns without ending the frame, so its 3 to 6
 * numbers stay in use. The pool still knows them.
 * The healthy twin uses 12 numbers at most at one time: one chunk, steady after op 10.
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

enum { CHUNK = 16, LIMBS = 8 };

struct number {
    int used;
    uint64_t limbs[LIMBS];
};

struct chunk {
    struct chunk *next, *previous;
    struct number numbers[CHUNK];
};

static struct chunk *head, *tail, *current;
static unsigned used, size;

__attribute__((noinline)) static struct chunk *chunk_new(void)
{
    return calloc(1, sizeof(struct chunk));
}

static struct number *number_get(void)
{
    if (used == size) {
        struct chunk *chunk = chunk_new();
        if (chunk == NULL) {
            return NULL;
        }
        chunk->previous = tail;
        if (tail == NULL) {
            head = chunk;
        } else {
            tail->next = chunk;
        }
        tail = current = chunk;
        size += CHUNK;
    } else if (used == 0) {
        current = head;
    } else if (used % CHUNK == 0) {
        current = current->next;
    }
    return &current->numbers[used++ % CHUNK];
}

static void frame_end(unsigned from)
{
    while (used > from) {
        used--;
        if (used % CHUNK == 0 && used > 0) {
            current = current->previous;
        }
    }
}

/* Returns 1 when there is no inverse, -1 when there is no memory. */
static int inverse(unsigned count, int exists)
{
    unsigned frame = used;
    for (unsigned n = 0; n < count; n++) {
        struct number *number = number_get();
        if (number == NULL) {
            return -1;
        }
        number->limbs[n % LIMBS] ^= draw();
    }
    if (!exists && LEAKS) {
        return 1;
    }
    frame_end(frame);
    return !exists;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    unsigned frame = used;
    for (int n = 0; n < 6; n++) {
        if (number_get() == NULL) {
            return 1;
        }
    }
    int exists = draw() % 1500 != 0;
    int result = inverse(3 + (unsigned)(draw() % 4), exists);
    if (result == 1 && LEAKS) {
        return 0; /* the caller leaves early, too */
    }
    frame_end(frame);
    return result < 0;
}

void heapgate_teardown(void)
{
    while (head != NULL) {
        struct chunk *chunk = head;
        head = chunk->next;
        free(chunk);
    }
}
