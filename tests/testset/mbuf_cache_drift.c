/*
 * Imitates the packet buffers of a network stack in user space (DPDK's mempool): four cores have a cache
 * each; a full cache gives its upper part back to the common ring, an empty one takes from it, and when that
 * is empty, too, the pool grows. The number of packets in flight goes up and down with a period of 24,000
 * ops.
 * The mistake: a flush of an odd number of buffers puts the last one on a list "overflow", from which nobody
 * takes. The pool still knows it, but has to grow when the next peak comes.
 * The healthy twin starts with 3,720 buffers, more than a peak (3,500) and what the caches hold at a peak
 * come to: it does not grow. (The caches could hold 4 * 143 at one time, but did not in 30,000,000 ops.)
 */
#include <heapgate/workload.h>
#include <math.h>
#include <stddef.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { CORES = 4, CACHE = 96, FULL = 128, FLIGHT = 4096, START = 3720, PERIOD = 24000 };

struct mbuf {
    struct mbuf *next;
    uint32_t length, port;
    unsigned char data[240];
};

static struct mbuf *caches[CORES], *ring, *overflow;
static unsigned cached[CORES];
static struct mbuf *flight[FLIGHT];
static uint64_t sent, received;

static void push(struct mbuf **list, struct mbuf *mbuf)
{
    mbuf->next = *list;
    *list = mbuf;
}

static struct mbuf *pop(struct mbuf **list)
{
    struct mbuf *mbuf = *list;
    *list = mbuf->next;
    return mbuf;
}

__attribute__((noinline)) static struct mbuf *pool_grow(void)
{
    return calloc(1, sizeof(struct mbuf));
}

static struct mbuf *mbuf_get(unsigned core)
{
    if (caches[core] == NULL) {
        for (; ring != NULL && cached[core] < CACHE / 2; cached[core]++) {
            push(&caches[core], pop(&ring));
        }
    }
    if (caches[core] == NULL) {
        return pool_grow();
    }
    cached[core]--;
    return pop(&caches[core]);
}

static void mbuf_put(unsigned core, struct mbuf *mbuf)
{
    push(&caches[core], mbuf);
    if (++cached[core] < FULL + draw() % 16) {
        return;
    }
    unsigned spare = cached[core] - CACHE;
    cached[core] = CACHE;
    for (unsigned n = 0; n < spare; n++) {
        int odd = spare % 2 == 1 && n == spare - 1;
        push(LEAKS && odd ? &overflow : &ring, pop(&caches[core]));
    }
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    for (int n = 0; n < START; n++) {
        struct mbuf *mbuf = pool_grow();
        if (mbuf == NULL) {
            return 1;
        }
        push(&ring, mbuf);
    }
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    uint64_t wanted = 2000 + (uint64_t)(1500 * sin(6.283185307 * (double)(i % PERIOD) / PERIOD));
    for (int n = 0; n < 2 && sent - received < wanted; n++) {
        struct mbuf *mbuf = mbuf_get((unsigned)(draw() % CORES));
        if (mbuf == NULL) {
            return 1;
        }
        flight[sent++ % FLIGHT] = mbuf;
    }
    for (int n = 0; n < 2 && sent - received > wanted - 1; n++) {
        mbuf_put((unsigned)(draw() % CORES), flight[received++ % FLIGHT]);
    }
    return 0;
}

static void list_free(struct mbuf **list)
{
    while (*list != NULL) {
        free(pop(list));
    }
}

void heapgate_teardown(void)
{
    while (received < sent) {
        free(flight[received++ % FLIGHT]);
    }
    for (int n = 0; n < CORES; n++) {
        list_free(&caches[n]);
    }
    list_free(&ring);
    list_free(&overflow);
}
