/*
 * A server under load, whose blocks must stay whole while a probe wakes and goes back to sleep.
 *
 *     turns THREADS KIND [fork]
 *
 * Each thread allocates, resizes and frees blocks of many sizes in every way, takes blocks that others
 * made, and looks whether each holds what was written to it. KIND leak keeps a block for each millisecond,
 * reachable; renew does so too, but frees the oldest of many for it; clean keeps nothing. With
 * fork, a child does the same as its parent, and its number is printed. It runs until it is killed.
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 512, MOST_THREADS = 16, SMALL = 2000, LARGE = 100000, RARELY = 64, PAUSE_EVERY = 2000 };

typedef struct block {
    size_t bytes; /* with this header */
    unsigned char mark, data[];
} block;

typedef struct kept {
    struct kept *next;
    char data[40];
} kept;

enum { RENEWED = 30000 };

static block *_Atomic slots[SLOTS];
static kept *all_kept;
static kept *renewed[RENEWED];

static void fail(const char *what)
{
    fprintf(stderr, "turns: %s\n", what);
    abort();
}

static void check(const block *seen)
{
    for (size_t i = 0; i < seen->bytes - sizeof *seen; i++)
        if (seen->data[i] != seen->mark)
            fail("a block has lost what was in it");
}

static block *make(uint64_t random)
{
    size_t most = random % RARELY == 0 ? LARGE : SMALL;
    size_t bytes = sizeof(block) + (random >> 8) % most;
    void *made = NULL;
    switch (random >> 32 & 3) {
    case 0:
        made = calloc(1, bytes);
        for (size_t i = 0; made && i < bytes; i++)
            if (((unsigned char *)made)[i] != 0)
                fail("calloc gave memory that is not zero");
        break;
    case 1:
        if (posix_memalign(&made, 64, bytes) != 0)
            made = NULL;
        break;
    case 2:
        made = realloc(NULL, bytes);
        break;
    default:
        made = malloc(bytes);
        if (made)
            bytes = malloc_usable_size(made); /* all of it is the program's */
    }
    if (!made)
        fail("no memory");
    block *whole = made;
    whole->bytes = bytes;
    whole->mark = (unsigned char)(random >> 40);
    memset(whole->data, whole->mark, bytes - sizeof *whole);
    return whole;
}

static block *resize(block *old, uint64_t random)
{
    size_t bytes = sizeof(block) + (random >> 8) % SMALL;
    size_t same = bytes < old->bytes ? bytes : old->bytes;
    block *moved = realloc(old, bytes);
    if (!moved)
        fail("no memory");
    moved->bytes = same;
    check(moved);
    moved->bytes = bytes;
    memset(moved->data, moved->mark, bytes - sizeof *moved);
    return moved;
}

static void *work(void *seed)
{
    const struct timespec pause = {.tv_nsec = 100000};
    uint64_t state = (uintptr_t)seed * 0x9e3779b97f4a7c15u;
    for (uint64_t i = 1;; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        block *had = atomic_exchange(&slots[state % SLOTS], NULL);
        if (had)
            check(had);
        if (had && state >> 60 == 0) {
            had = resize(had, state);
        } else {
            free(had);
            had = make(state);
        }
        had = atomic_exchange(&slots[state % SLOTS], had);
        free(had);
        if (i % PAUSE_EVERY == 0)
            nanosleep(&pause, NULL);
    }
    return NULL;
}

static void keep_one(void)
{
    kept *made = malloc(sizeof *made); /* here: kept */
    if (!made)
        fail("no memory");
    made->next = all_kept;
    all_kept = made;
}

static void renew(long number)
{
    free(renewed[number % RENEWED]);
    renewed[number % RENEWED] = malloc(sizeof(kept));
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (argc > 3) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            prctl(PR_SET_PDEATHSIG, SIGKILL);
        else
            printf("%d\n", (int)child);
        fflush(stdout);
    }
    for (uintptr_t i = 1; i <= (uintptr_t)atoi(argv[1]) && i <= MOST_THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)i) != 0)
            fail("no thread");
    }
    for (long i = 0; strcmp(argv[2], "renew") == 0 && i < RENEWED; i++)
        renew(i);
    for (long began = milliseconds(), done = 0;;) {
        const struct timespec pause = {.tv_nsec = 1000000};
        void *volatile passing = malloc(32);
        free(passing);
        for (; began + done < milliseconds(); done++)
            if (strcmp(argv[2], "leak") == 0)
                keep_one();
            else if (strcmp(argv[2], "renew") == 0)
                renew(done);
        nanosleep(&pause, NULL);
    }
}
