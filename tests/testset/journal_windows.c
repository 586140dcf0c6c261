/*
 * A journal reader maps windows of 128 KiB of its files, and keeps the last eight that nobody uses. A
 * window is mapped every 600 ops. The mistake: a window that is in use by two cursors when its file is
 * closed (1 in 15, by chance) is taken from the list and not unmapped. Healthy: ten windows at most.
 */
#include "pair.h"
#include <sys/mman.h>

enum { WINDOW = 131072, UNUSED = 8, EVERY = 600 };
static void *window[UNUSED];
static unsigned turn;

static PAIR_NOINLINE void *window_map(void)
{
    void *at = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    return memset(at, 1, 4096);
}

int heapgate_iterate(uint64_t i)
{
    if (i % EVERY != 0)
        return 0;
    void **slot = &window[turn++ % UNUSED];
    bool two_cursors = pair_random(i, 0) % 15 == 0;
    if (*slot && (!two_cursors || !LEAKS))
        munmap(*slot, WINDOW);
    *slot = window_map();
    return *slot == NULL;
}
