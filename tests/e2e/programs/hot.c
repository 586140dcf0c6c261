/*
 * A server that allocates so much that to follow all of it takes more than a small budget.
 *
 *     hot KIND REQUESTS
 *
 * leak     keeps one block of every 10th request
 * clean    keeps nothing
 * ring     has 100,000 blocks from its start, and replaces one in each request, the oldest
 * random   has 2,000 blocks, and replaces any of them in each request
 * bursts   builds up 20,000 blocks now and then, and frees them
 * late     as leak, but it takes 300 ms for its first requests
 * calm     as clean, with 1 ms from request to request
 * pairs    does nothing but to allocate a block and to free it
 * tidy     as leak, but it frees all before it ends
 *
 * A request allocates and frees 32 blocks. At its end it prints the ms of processor time that it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTS = 32, RING = 100000, SLOTS = 2000, BURST = 20000, KEPT = 112, EVERY = 10, CALM = 300 };

typedef struct kept_block {
    struct kept_block *next;
    char data[KEPT - sizeof(struct kept_block *)];
} kept_block;

static kept_block *kept;
static void *ring[RING], *slots[SLOTS], *burst[BURST];
static unsigned long state = 88172645463325252u;
static unsigned sum;

static unsigned long draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static __attribute__((noinline)) void work(void)
{
    char *parts[PARTS];
    for (int i = 0; i < PARTS; i++) {
        size_t size = 24 + draw() % 200;
        parts[i] = i % 8 == 0   ? calloc(1, size)
                   : i % 8 == 1 ? realloc(NULL, size)
                   : i % 8 == 2 ? aligned_alloc(16, (size + 15) / 16 * 16)
                                : malloc(size);
        memset(parts[i], i, 24);
    }
    for (int i = 0; i < PARTS; i++) {
        for (int k = 0; k < 24; k++)
            sum = sum * 31 + (unsigned char)parts[i][k];
        free(parts[i]);
    }
}

static __attribute__((noinline)) void keep(void)
{
    kept_block *made = malloc(sizeof *made); /* here: kept */
    made->next = kept;
    kept = made;
}

static __attribute__((noinline)) void replace(void **slot)
{
    free(*slot);
    *slot = malloc(KEPT);
}

static void build_up(void)
{
    for (int i = 0; i < BURST; i++)
        burst[i] = malloc(64);
    for (int i = 0; i < BURST; i++)
        free(burst[i]);
}

static int leaks(const char *kind)
{
    return strcmp(kind, "leak") == 0 || strcmp(kind, "late") == 0 || strcmp(kind, "tidy") == 0;
}

static void tidy_up(void)
{
    while (kept) {
        kept_block *next = kept->next;
        free(kept);
        kept = next;
    }
}

static void pair(void)
{
    for (int i = 0; i < PARTS; i++) {
        void *volatile block = malloc(24 + (unsigned)i * 8);
        free(block);
    }
}

static void serve(const char *kind, long request)
{
    if (strcmp(kind, "pairs") == 0) {
        pair();
        return;
    }
    work();
    if (leaks(kind) && request % EVERY == 0)
        keep();
    if (strcmp(kind, "ring") == 0)
        replace(&ring[request % RING]);
    if (strcmp(kind, "random") == 0)
        replace(&slots[draw() % SLOTS]);
    if (strcmp(kind, "bursts") == 0 && request % 20000 == 0)
        build_up();
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const char *kind = argv[1];
    const struct timespec pause = {.tv_nsec = 1000000};
    long requests = atol(argv[2]);
    for (int i = 0; i < RING && strcmp(kind, "ring") == 0; i++)
        replace(&ring[i]);
    for (long request = 0; request < requests; request++) {
        if (strcmp(kind, "calm") == 0 || (strcmp(kind, "late") == 0 && request < CALM))
            nanosleep(&pause, NULL);
        serve(kind, request);
    }
    if (strcmp(kind, "tidy") == 0)
        tidy_up();
    printf("%ld %u\n", (long)(clock() / (CLOCKS_PER_SEC / 1000)), sum);
    return 0;
}
