/* A program that defines malloc itself, with chunks that it maps, and loses a block of each step. */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { STEPS = 600, BLOCK = 1000, CHUNK = 1 << 18 };

static char *chunk;
static size_t left;

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > CHUNK)
        return NULL;
    if (size > left) {
        chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        left = chunk == MAP_FAILED ? 0 : CHUNK;
    }
    if (left == 0)
        return NULL;
    left -= size;
    return chunk + left;
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

int main(void)
{
    for (int i = 0; i < STEPS; i++) {
        lose();
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return lost == NULL;
}
