/* Blocks are collected every 3,300 ops, which is longer than a round; leaking, the collector skips one in
 * eighty. */
#include "control.h"

enum { COLLECT_EVERY = 3300, BYTES = 64, SKIPPED = 80 };

static void *garbage[COLLECT_EVERY];
static size_t count;

static void *node_new(uint64_t i)
{
    uint64_t *node = malloc(BYTES);
    if (node)
        *node = i;
    return node;
}

static void collect(void)
{
    while (count > 0) {
        uint64_t *node = garbage[--count];
        if (!LEAKS || *node % SKIPPED != 0)
            free(node);
    }
}

int heapgate_iterate(uint64_t i)
{
    void *node = node_new(i);
    if (!node)
        return 1;
    garbage[count++] = node;
    if (count == COLLECT_EVERY)
        collect();
    return 0;
}
