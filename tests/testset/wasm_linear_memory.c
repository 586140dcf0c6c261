/*
 * A WebAssembly host keeps instances for reuse; their linear memory grows by pages of 4 KiB and stays at the
 * highest size that was ever wanted, 40 pages at most. The mistake: an instance that traps (one call in
 * 3,000) is taken out of the pool and only its stack is freed. The healthy one frees its memory, too.
 */
#include "pair.h"

enum { INSTANCES = 8, PAGE = 4096, MAX_PAGES = 40 };
struct instance {
    unsigned char *memory, *stack;
    uint32_t pages;
};
static struct instance *pool[INSTANCES];

static PAIR_NOINLINE struct instance *instantiate(void)
{
    struct instance *in = calloc(1, sizeof *in);
    in->stack = malloc(1024);
    in->stack[0] = 0;
    return in;
}

static PAIR_NOINLINE __attribute__((noclone)) bool memory_grow(struct instance *in, uint32_t pages)
{
    if (pages > MAX_PAGES)
        return false;
    in->memory = realloc(in->memory, pages * PAGE);
    memset(in->memory + in->pages * PAGE, 0, (pages - in->pages) * PAGE);
    in->pages = pages;
    return true;
}

static void discard(struct instance *in)
{
    free(in->stack);
    if (!LEAKS) {
        free(in->memory);
        free(in);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct instance **slot = &pool[r % INSTANCES], *in;
    uint32_t wanted = 1, tail = (uint32_t)(r >> 24 & 0xffff);

    while (tail & 1 && wanted + 5 <= MAX_PAGES) { /* a geometric need, with a bound */
        wanted += 5;
        tail >>= 1;
    }
    if (!*slot)
        *slot = instantiate();
    in = *slot;
    if (wanted > in->pages)
        memory_grow(in, wanted);
    in->memory[(r >> 8) % (wanted * PAGE)] ^= 1;
    if ((r >> 44) % 3000 == 0) {
        discard(in);
        *slot = NULL;
    }
    return 0;
}
