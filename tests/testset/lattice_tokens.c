/* A speech recogniser takes lattice tokens from slabs of 64 KiB with a free list; the beam swings between
 * 600 and 3,000 tokens. The mistake: a token that is pruned at a word boundary (1 in 40) is not put on the
 * free list again. Healthy: the high-water mark of the beam. */
#include "pair.h"

enum { SLAB = 65536, BEAM = 4096 };
struct token {
    struct token *next;
    float cost;
    uint32_t word, frame, pad;
    uint64_t history[5];
};
static struct token *free_list, *beam[BEAM];
static uint32_t head, tail;

PAIR_NOINLINE static void slab_new(void)
{
    struct token *slab = malloc(SLAB);
    for (size_t k = 0; k < SLAB / sizeof *slab; k++) {
        slab[k].next = free_list;
        free_list = &slab[k];
    }
}

static struct token *token_take(uint64_t r)
{
    if (!free_list)
        slab_new();
    struct token *token = free_list;
    free_list = token->next;
    token->word = (uint32_t)r;
    return token;
}

static void token_prune(struct token *token)
{
    if (LEAKS && token->word % 40 == 0)
        return;
    token->next = free_list;
    free_list = token;
}

int heapgate_iterate(uint64_t i)
{
    uint32_t phase = i % 4000, width = 600 + 12 * (phase < 2000 ? phase : 4000 - phase) / 10;
    for (uint64_t k = 0; k < 4; k++)
        beam[head++ % BEAM] = token_take(pair_random(i, k));
    while (head - tail > width)
        token_prune(beam[tail++ % BEAM]);
    return 0;
}
