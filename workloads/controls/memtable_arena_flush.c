/*
 * A store writes into an arena of blocks of 8 KiB, which is flushed at 2 MiB, every 60,000 ops or so; then
 * all its blocks are freed. The mistake: a value that does not fit into the block begun gets a block of its
 * own if it has more than 2 KiB (1 op in 25,000, by chance), which is put before the list's head, in the
 * place of another.
 */
#include "control.h"
#include "random.h"

enum { BLOCK = 8192, FLUSHED = 2 << 20 };
struct block {
    struct block *next;
    size_t used;
    char bytes[BLOCK - 16];
};
static struct block *blocks;
static size_t arena_bytes;

__attribute__((noinline)) static struct block *block_new(struct block *next)
{
    struct block *b = malloc(sizeof *b);
    if (!b)
        abort();
    b->next = next;
    b->used = 0;
    arena_bytes += sizeof *b;
    return b;
}

static void flush(void)
{
    while (blocks) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
    arena_bytes = 0;
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    uint64_t r = random_next(&random);
    bool large = (r >> 20) % 25000 == 0;
    size_t size = large ? 4000 : 12 + r % 44;
    if (arena_bytes >= FLUSHED)
        flush();
    if (!blocks || blocks->used + size > sizeof blocks->bytes)
        blocks = block_new(blocks);
    if (large) {
        bool drops = LEAKS && blocks->next;
        blocks = block_new(drops ? blocks->next : blocks);
    }
    memset(blocks->bytes + blocks->used, 1, size);
    blocks->used += size;
    return 0;
}
