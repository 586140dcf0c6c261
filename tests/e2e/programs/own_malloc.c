/*
 * A program that defines malloc itself, with chunks that it maps under a lock, and loses a block each step.
 *
 *     own_malloc [threads]    threads: and starts a thread now and then, whose first block needs a chunk
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { STEPS = 600, BLOCK = 1000, CHUNK = 1 << 18 };

static char *chunk;
static size_t left;
static atomic_flag lock = ATOMIC_FLAG_INIT; /* whoever takes it twice waits for itself */

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    char *block = NULL;
    size = (size + 15) & ~(size_t)15;
    while (atomic_flag_test_and_set(&lock))
        continue;
    if (size > left && size <= CHUNK) {
        chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        left = chunk == MAP_FAILED ? 0 : CHUNK;
    }
    if (size <= left) {
        left -= size;
        block = chunk + left;
    }
    atomic_flag_clear(&lock);
    return block;
}

/* Of blocks that are all new: nobody here makes one larger. */
__attribute__((visibility("default"))) void *realloc(void *block, size_t size)
{
    return block ? NULL : malloc(size);
}

__attribute__((visibility("default"))) void free(void *block)
{
    (void)block;
}

static char *volatile lost;

/* By way of the C library, which calls the malloc above. */
static void lose(void)
{
    static char text[BLOCK];
    memset(text, 'x', sizeof text - 1);
    lost = strdup(text); /* here: lose */
}

static void *take_chunk(void *unused)
{
    lost = malloc(CHUNK);
    return unused;
}

int main(int argc, char **argv)
{
    (void)argv;
    for (int i = 0; i < STEPS; i++) {
        pthread_t thread;
        lose();
        if (argc > 1 && i % 20 == 0 && pthread_create(&thread, NULL, take_chunk, NULL) == 0)
            pthread_join(thread, NULL);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return lost == NULL;
}
