/* Messages of one batch (999 ops) live in an arena of 128 KiB blocks; a reset keeps two blocks. The
 * mistake: the reset cuts the list after the second block and frees only one more, so the rare batch of
 * four blocks loses the last. Healthy: two blocks between batches. */
#include "pair.h"

enum { BLOCK = 131072, BATCH = 999 };
struct block {
    struct block *next;
    size_t used;
    unsigned char data[BLOCK - 16];
};
static struct block *first, *current;

PAIR_NOINLINE static struct block *block_new(void)
{
    struct block *block = malloc(sizeof *block);
    block->next = NULL;
    block->used = 0;
    return block;
}

static void *arena_take(size_t size)
{
    if (!current)
        first = current = block_new();
    if (current->used + size > sizeof current->data) {
        if (!current->next)
            current->next = block_new();
        current = current->next;
        current->used = 0;
    }
    current->used += size;
    return current->data + current->used - size;
}

static void arena_reset(void)
{
    struct block *extra = first->next ? first->next->next : NULL;
    if (first->next)
        first->next->next = NULL;
    while (extra) {
        struct block *next = extra->next;
        free(extra);
        extra = LEAKS ? NULL : next;
    }
    current = first;
    first->used = 0;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t kind = pair_random(i / BATCH, 1) % 32;
    size_t size = kind < 3 ? 450 : kind < 20 ? 100 : 240;
    memset(arena_take(size), (int)i, size / 2);
    if (i % BATCH == BATCH - 1)
        arena_reset();
    return 0;
}
