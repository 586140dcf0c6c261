/* Telephone billing: call records wait in three batches that are rated every 1,009, 4,127 and 17,389 ops.
 * The mistake: the middle batch leaves disputed calls, 1 in 200, in no list. Healthy: three superposed
 * sawtooths. */
#include "pair.h"

struct call {
    struct call *next;
    uint64_t from, to;
    uint32_t seconds, flags;
    char cell[32];
};
struct batch {
    struct call *calls;
    uint32_t period, every, added;
};
static struct batch batch[3] = {{NULL, 1009, 1, 0}, {NULL, 4127, 3, 0}, {NULL, 17389, 5, 0}};
static uint64_t billed;

PAIR_NOINLINE static struct call *call_new(uint64_t r)
{
    struct call *call = malloc(sizeof *call);
    call->from = r;
    call->to = ~r;
    call->seconds = r % 3600;
    memset(call->cell, 'c', sizeof call->cell);
    return call;
}

static void rate(struct batch *b, bool may_dispute)
{
    while (b->calls) {
        struct call *call = b->calls;
        b->calls = call->next;
        billed += call->seconds;
        if (LEAKS && may_dispute && call->flags % 200 == 0)
            continue;
        free(call);
    }
}

int heapgate_iterate(uint64_t i)
{
    for (int k = 0; k < 3; k++) {
        struct batch *b = &batch[k];
        if (i % b->every == 0) {
            struct call *call = call_new(pair_random(i, (uint64_t)k));
            call->flags = b->added++;
            call->next = b->calls;
            b->calls = call;
        }
        if (i % b->period == b->period - 1)
            rate(b, k == 1);
    }
    return 0;
}
