/* A program that defines malloc itself, loses a block of each step, and maps a page now and then. */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { STEPS = 600, BLOCK = 1000, PAGE = 4096 };

static _Alignas(16) char heap[1 << 22];
static size_t used;

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof heap - used)
        return NULL;
    used += size;
    return heap + used - size;
}

__attribute__((visibility("default"))) void free(void *block)
{
    (void)block;
}

int main(void)
{
    for (int i = 0; i < STEPS; i++) {
        char *lost = malloc(BLOCK);
        if (!lost)
            return 1;
        memset(lost, 1, BLOCK);
        munmap(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), PAGE);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return 0;
}
