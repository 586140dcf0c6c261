/* Two buffers swap every 25 ops, and the front one is replaced; leaking, the one that was shown before is
 * lost. */
#include "control.h"

enum { SWAP_EVERY = 25, BUFFER_BYTES = 2000 };

static struct {
    char *front, *back;
} screen;

static char *buffer_new(void)
{
    return calloc(1, BUFFER_BYTES);
}

static bool screen_swap(void)
{
    if (!LEAKS)
        free(screen.front);
    screen.front = screen.back;
    screen.back = buffer_new();
    return screen.back != NULL;
}

int heapgate_iterate(uint64_t i)
{
    if (i % SWAP_EVERY == 0 && !screen_swap())
        return 1;
    screen.back[i % BUFFER_BYTES] = 1;
    return 0;
}
