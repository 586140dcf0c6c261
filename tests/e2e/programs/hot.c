/*
 * A server that allocates so much that to follow all of it takes more than a small budget.
 *
 *     hot KIND MILLISECONDS [PAUSE_US]
 *
 * leak     keeps one block of every 50th request
 * clean    keeps nothing
 * ring     has 100,000 blocks from its start, and replaces one in each request, the oldest
 * random   has 2,000 blocks, and replaces any of them in each request
 * bursts   builds up 20,000 blocks now and then, and frees them
 * late     as leak, but the first half of its time it makes few requests
 * calm     as clean, with few requests all the time
 *
 * A request allocates and frees 32 blocks. At its end it prints how many requests there were, the bytes that it
 * has kept of them, and the ms of processor time that it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTS = 32, RING = 100000, SLOTS = 2000, BURST = 20000, KEPT = 112, EVERY = 50, PAUSE_US = 1000 };

typedef struct kept_block {
    struct kept_block *next;
    char data[KEPT - sizeof(struct kept_block *)];
} kept_block;

static kept_block *kept;
static void *ring[RING], *slots[SLOTS], *burst[BURST];
static long long kept_bytes;
static unsigned long state = 88172645463325252u;
static unsigned sum;

static unsigned long draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static __attribute__((noinline)) void work(void)
{
    char *parts[PARTS];
    for (int i = 0; i < PARTS; i++) {
        parts[i] = malloc(24 + draw() % 200);
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
    kept_bytes += (long long)sizeof *made;
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

static void serve(const char *kind, long request)
{
    work();
    if ((strcmp(kind, "leak") == 0 || strcmp(kind, "late") == 0) && request % EVERY == 0)
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
    long requests = 0, begin = now_ms(), length = atol(argv[2]);
    for (int i = 0; i < RING && strcmp(kind, "ring") == 0; i++)
        replace(&ring[i]);
    while (now_ms() - begin < length) {
        int calm = strcmp(kind, "calm") == 0 || (strcmp(kind, "late") == 0 && now_ms() - begin < length / 2);
        const struct timespec pause = {.tv_nsec = PAUSE_US * 1000};
        if (calm)
            nanosleep(&pause, NULL);
        for (int i = 0; i < (calm ? 1 : 100); i++)
            serve(kind, requests++);
    }
    printf("%ld %lld %ld %u\n", requests, kept_bytes, (long)(clock() / (CLOCKS_PER_SEC / 1000)), sum);
    return 0;
}
