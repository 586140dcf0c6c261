/* Request deadlines in a binary heap, cancelled by a flag and swept from the top when due. The mistake:
 * the heap is never compacted, and deadlines lie ten million ticks ahead. Healthy: it is rebuilt when half
 * are cancelled. */
#include "pair.h"

struct deadline {
    uint64_t due;
    bool cancelled;
    uint64_t request[4];
};

static struct deadline **heap;
static size_t count, capacity, cancelled;
static struct deadline *running[512];

PAIR_NOINLINE static struct deadline *deadline_new(uint64_t due)
{
    struct deadline *one = calloc(1, sizeof *one);
    if (!one)
        abort();
    one->due = due;
    return one;
}

PAIR_NOINLINE static void heap_reserve(void)
{
    if (count < capacity)
        return;
    capacity = capacity ? capacity * 2 : 1024;
    heap = realloc(heap, capacity * sizeof *heap);
    if (!heap)
        abort();
}

static void heap_push(struct deadline *one)
{
    heap_reserve();
    size_t at = count++;
    for (; at > 0 && heap[(at - 1) / 2]->due > one->due; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = one;
}

static void compact(void)
{
    size_t kept = count;
    count = 0;
    cancelled = 0;
    for (size_t k = 0; k < kept; k++) {
        if (heap[k]->cancelled)
            free(heap[k]);
        else
            heap_push(heap[k]);
    }
}

int heapgate_iterate(uint64_t i)
{
    struct deadline **slot = &running[pair_random(i, 0) % 512];
    if (*slot) {
        (*slot)->cancelled = true;
        cancelled++;
    }
    *slot = deadline_new(i + 10000000 + pair_random(i, 1) % 1000);
    heap_push(*slot);
    if (!LEAKS && cancelled * 2 > count)
        compact();
    return 0;
}
