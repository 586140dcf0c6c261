/* A SAT solver appends learnt clauses to one array and throws the older half of them away every 8,000
 * conflicts. The mistake: a clause that was a reason once (1 in 10) stays locked and is kept by every later
 * reduction. Healthy: about 16,000 clauses before each reduction. */
#include "control.h"
#include "random.h"

enum { REDUCE = 8000 };
struct clause {
    uint32_t activity;
    bool locked;
    int32_t literals[10];
};
static struct clause *arena;
static size_t count, capacity;

__attribute__((noinline)) static void arena_reserve(void)
{
    capacity = capacity ? capacity + capacity / 2 : 1024;
    struct clause *grown = realloc(arena, capacity * sizeof *arena);
    if (!grown)
        abort();
    arena = grown;
}

static void reduce(void)
{
    size_t kept = 0, loose = 0, half = 0;
    for (size_t k = 0; k < count; k++)
        half += !arena[k].locked;
    half /= 2;
    for (size_t k = 0; k < count; k++) {
        bool old = !arena[k].locked && loose++ < half;
        if (!old)
            arena[kept++] = arena[k];
    }
    count = kept;
    if (!LEAKS)
        for (size_t k = 0; k < count; k++)
            arena[k].locked = false;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = random_mix(random_mix(heapgate_seed() + 0) ^ i);
    if (count == capacity)
        arena_reserve();
    struct clause *clause = &arena[count++];
    clause->activity = (uint32_t)r;
    clause->locked = (r >> 40) % 10 == 0;
    for (int k = 0; k < 10; k++)
        clause->literals[k] = (int32_t)(r >> k);
    if (i % REDUCE == REDUCE - 1)
        reduce();
    return 0;
}
