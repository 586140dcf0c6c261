/*
 * Imitates a FIX engine that keeps the last 4,096 messages it sent, by sequence number, for a resend request.
 * The mistake: a message that is replaced by a gap fill when it is asked for again (1 op in 1,100 by chance)
 * is overwritten in the store and not freed.
 * The healthy twin holds 4,096 messages of 80 to 399 bytes: steady after op 4,096.
 */
#include <heapgate/workload.h>
#include <stdio.h>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

enum { STORE = 4096 };

static char *store[STORE];

__attribute__((noinline)) static char *message_new(uint64_t sequence)
{
    size_t length = 80 + draw() % 320;
    char *message = malloc(length);
    if (message != NULL) {
        snprintf(message, length, "8=FIX.4.4|35=D|34=%lu|49=BUYER|56=SELLER|55=ACME|44=%lu.25|",
                 (unsigned long)sequence, (unsigned long)(sequence % 500));
    }
    return message;
}

static char *gap_fill_new(uint64_t sequence)
{
    char *message = malloc(64);
    if (message != NULL) {
        snprintf(message, 64, "8=FIX.4.4|35=4|34=%lu|123=Y|", (unsigned long)sequence);
    }
    return message;
}

static int resend(uint64_t sequence)
{
    char **place = &store[sequence % STORE];
    if (!LEAKS) {
        free(*place);
    }
    *place = gap_fill_new(sequence);
    return *place == NULL;
}

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    char **place = &store[i % STORE];
    free(*place);
    if ((*place = message_new(i)) == NULL) {
        return 1;
    }
    if (draw() % 1100 == 0 && i > 100) {
        return resend(i - draw() % 100);
    }
    return 0;
}

void heapgate_teardown(void)
{
    for (int n = 0; n < STORE; n++) {
        free(store[n]);
    }
}
