/* A vector that doubles. Healthy, it is emptied every 500 ops; leaking, never. */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.default_ops = 20000};

enum { EMPTIED_EVERY = 500 };

static struct {
    uint64_t *items;
    size_t count, capacity;
} vector;

static bool vector_push(uint64_t item)
{
    if (vector.count == vector.capacity) {
        size_t capacity = vector.capacity ? 2 * vector.capacity : 16;
        uint64_t *grown = realloc(vector.items, capacity * sizeof *grown);
        if (!grown)
            return false;
        vector.items = grown;
        vector.capacity = capacity;
    }
    vector.items[vector.count++] = item;
    return true;
}

int heapgate_iterate(uint64_t i)
{
    if (!LEAKS && i % EMPTIED_EVERY == 0)
        vector.count = 0;
    void *scratch = malloc(100);
    free(scratch);
    return vector_push(i) ? 0 : 1;
}
