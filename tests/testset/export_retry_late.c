/*
 * An exporter of spans: a batch that fails (1 op in 20) waits in a retry queue, which is only worked off when
 * the collector is back, every 24,000 ops. The mistake: batches beyond the limit of 1,000 are taken off the
 * queue and counted as dropped, but not freed. Healthy: they are freed.
 */
#include "pair.h"

enum { BACK = 24000, LIMIT = 1000 };
struct batch {
    struct batch *next;
    char spans[392];
};
static struct batch *first, *last;
static unsigned waiting, dropped;

static PAIR_NOINLINE struct batch *batch_new(uint64_t i)
{
    struct batch *b = malloc(sizeof *b);
    if (!b)
        abort();
    b->next = NULL;
    memset(b->spans, (int)(i & 127), sizeof b->spans);
    return b;
}

static struct batch *take(void)
{
    struct batch *b = first;
    first = b->next;
    if (!first)
        last = NULL;
    waiting--;
    return b;
}

int heapgate_iterate(uint64_t i)
{
    struct batch *b = batch_new(i);
    if (pair_random(i, 0) % 20 != 0) {
        free(b);
    } else {
        *(last ? &last->next : &first) = b;
        last = b;
        if (++waiting > LIMIT) {
            struct batch *oldest = take();
            dropped++;
            if (!LEAKS)
                free(oldest);
        }
    }
    if (i % BACK == BACK - 1)
        while (first)
            free(take());
    return 0;
}
