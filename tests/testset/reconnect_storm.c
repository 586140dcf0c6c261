/*
 * Imitates a market data client: 600 subscriptions that are renewed one by one, and now and then (1 op in
 * 37,000 by chance) the line breaks and the next 400 ops are reconnects.
 * The mistake: a reconnect makes a new subscription although the old one is still pending (2 of 5), and loses
 * the old one. So the loss comes in bursts of some 14 KB with long and irregular pauses.
 * The healthy twin has 600 subscriptions: steady after op 6,000.
 */
#include <heapgate/workload.h>
#include <string.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { SYMBOLS = 600, STORM = 400 };

struct subscription {
    uint64_t id, sequence;
    char symbol[16];
    double bid, ask;
    unsigned char options[40];
};

static struct subscription *subscriptions[SYMBOLS];
static unsigned storm;

__attribute__((noinline)) static struct subscription *subscription_new(uint64_t id)
{
    struct subscription *subscription = calloc(1, sizeof *subscription);
    if (subscription != NULL) {
        subscription->id = id;
        memcpy(subscription->symbol, "EURUSD", 7);
    }
    return subscription;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    struct subscription **place = &subscriptions[draw() % SYMBOLS];
    int pending = 0;
    if (storm > 0) {
        storm--;
        pending = draw() % 5 < 2;
    } else if (draw() % 37000 == 0) {
        storm = STORM;
    }
    if (!LEAKS || !pending) {
        free(*place);
    }
    *place = subscription_new(i);
    return *place == NULL;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < SYMBOLS; n++) {
        free(subscriptions[n]);
    }
}
