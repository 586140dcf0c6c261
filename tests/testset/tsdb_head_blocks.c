/*
 * A database of time series: 50 series get a sample in turn, into chunks of 120; after 36,000 ops the head
 * is truncated and all chunks but the open ones are freed. The mistake: exemplars, 1 op in 500 by chance,
 * that hang at a chunk which was cut early are freed with the open chunk only; they are lost when the head
 * is truncated.
 */
#include "pair.h"

enum { SERIES = 50, SAMPLES = 120, TRUNCATE = 36000 };
struct exemplar {
    struct exemplar *next;
    char trace_id[40];
};
struct chunk {
    struct chunk *older;
    struct exemplar *exemplars;
    unsigned count;
    uint16_t sample[SAMPLES];
};
static struct chunk *head[SERIES];

static PAIR_NOINLINE struct chunk *chunk_new(struct chunk *older)
{
    struct chunk *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->older = older;
    return c;
}

static PAIR_NOINLINE struct exemplar *exemplar_new(struct exemplar *next)
{
    struct exemplar *e = malloc(sizeof *e);
    if (!e)
        abort();
    e->next = next;
    return e;
}

static void chunk_free(struct chunk *c)
{
    bool cut_early = c->count < SAMPLES;
    while (c->exemplars && !(LEAKS && cut_early)) {
        struct exemplar *next = c->exemplars->next;
        free(c->exemplars);
        c->exemplars = next;
    }
    free(c);
}

static void truncate_head(void)
{
    for (unsigned k = 0; k < SERIES; k++) {
        while (head[k] && head[k]->older) {
            struct chunk *c = head[k]->older;
            head[k]->older = c->older;
            chunk_free(c);
        }
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct chunk **at = &head[i % SERIES];
    bool cut = (r >> 40) % 100 == 0;
    if (!*at || (*at)->count == SAMPLES || cut)
        *at = chunk_new(*at);
    (*at)->sample[(*at)->count++] = (uint16_t)r;
    if ((r >> 20) % 500 == 0)
        (*at)->exemplars = exemplar_new((*at)->exemplars);
    if (i % TRUNCATE == TRUNCATE - 1)
        truncate_head();
    return 0;
}
