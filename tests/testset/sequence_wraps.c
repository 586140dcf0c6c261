/*
 * Requests with a sequence number of 16 bits, by which the reply finds them. Most are answered 40 ops
 * later, and 1 in 120 is a subscription that lives for 100,000 ops. The mistake: after op 65,536 a new
 * request takes the number of a subscription that still lives, and its place in the table. Healthy: it
 * takes the next free one.
 */
#include "pair.h"

enum { NUMBERS = 65536, REPLY = 40, SUBSCRIPTION = 100000 };
struct request {
    uint64_t ends;
    char arguments[152];
};
static struct request *table[NUMBERS];
static uint16_t number;
struct due {
    uint64_t number;
    struct request *request;
};
static struct due soon[REPLY], subscriptions[SUBSCRIPTION / 20];
static uint64_t subscribed, unsubscribed;

static PAIR_NOINLINE struct request *request_new(uint64_t ends)
{
    struct request *r = malloc(sizeof *r);
    if (!r)
        abort();
    r->ends = ends;
    return r;
}

static void reply(struct due *d)
{
    if (d->request && table[d->number] == d->request) {
        table[d->number] = NULL;
        free(d->request);
    }
    d->request = NULL;
}

int heapgate_iterate(uint64_t i)
{
    const uint64_t places = SUBSCRIPTION / 20;
    bool subscription = pair_random(i, 0) % 120 == 0;
    reply(&soon[i % REPLY]);
    while (unsubscribed < subscribed && subscriptions[unsubscribed % places].request->ends <= i)
        reply(&subscriptions[unsubscribed++ % places]);
    number++;
    while (!LEAKS && table[number])
        number++;
    struct due d = {number, request_new(i + (subscription ? SUBSCRIPTION : REPLY))};
    table[number] = d.request;
    if (subscription)
        subscriptions[subscribed++ % places] = d;
    else
        soon[i % REPLY] = d;
    return 0;
}
