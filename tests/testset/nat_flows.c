/* A NAT gateway whose flows live for Pareto distributed times, 60,000 ops at most. The mistake: a flow
 * that saw a RST while half-open is taken off its expiry list. Healthy: such a flow expires like any
 * other. */
#include "pair.h"
#include <math.h>

enum { WHEEL = 65536, LIFE_MAX = 60000 };

struct flow {
    struct flow *next;
    uint64_t inside, outside;
    uint32_t packets, state;
    uint8_t helper[64];
};

static struct flow *wheel[WHEEL];
static uint64_t packets;

PAIR_NOINLINE static struct flow *flow_new(uint64_t key)
{
    struct flow *flow = calloc(1, sizeof *flow);
    if (!flow)
        abort();
    flow->inside = key;
    flow->outside = ~key;
    flow->packets = (uint32_t)(key % 100);
    return flow;
}

int heapgate_iterate(uint64_t i)
{
    while (wheel[i % WHEEL]) {
        struct flow *flow = wheel[i % WHEEL];
        wheel[i % WHEEL] = flow->next;
        packets += flow->packets;
        free(flow);
    }
    struct flow *flow = flow_new(pair_random(i, 0));
    double u = ((double)(pair_random(i, 1) >> 11) + 1.0) / 9007199254740993.0;
    double life = 100.0 * pow(u, -1.0 / 1.6);
    if (life > LIFE_MAX)
        life = LIFE_MAX;
    if (pair_random(i, 2) % 80 == 0) {
        flow->state = 2;
        if (LEAKS) {
            packets += flow->packets;
            return 0;
        }
    }
    struct flow **slot = &wheel[(i + (uint64_t)life) % WHEEL];
    flow->next = *slot;
    *slot = flow;
    return 0;
}
