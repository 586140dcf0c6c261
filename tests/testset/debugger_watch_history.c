/* A debugger records each change of a watched variable (every other op) in an array that triples. The
 * mistake: the history is never cut. Healthy: only the last 40,000 changes are kept, reached at op 80,000. */
#include "pair.h"

enum { KEEP = 40000 };
struct change {
    uint64_t address, before, after;
};
static struct change *history;
static size_t count, capacity;

PAIR_NOINLINE static void history_reserve(void)
{
    capacity = capacity ? capacity * 3 : 50;
    history = realloc(history, capacity * sizeof *history);
}

static void record(uint64_t address, uint64_t before, uint64_t after)
{
    if (!LEAKS && count == KEEP) {
        memmove(history, history + KEEP / 10, (KEEP - KEEP / 10) * sizeof *history);
        count -= KEEP / 10;
    }
    if (count == capacity)
        history_reserve();
    history[count++] = (struct change){address, before, after};
}

int heapgate_iterate(uint64_t i)
{
    static uint64_t variable[16];
    uint64_t r = pair_random(i, 0), *v = &variable[r % 16];
    if (i % 2 == 0)
        record(r % 16, *v, r);
    *v = r;
    return 0;
}
