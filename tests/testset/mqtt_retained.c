/* An MQTT broker that keeps the last retained payload of each of 2,000 topics, which are used by a power
 * law, so that the table fills slowly. The mistake: a payload is not freed when a longer one replaces it
 * with the DUP flag. */
#include "pair.h"
#include <math.h>

enum { TOPICS = 2000, SMALL = 100, LARGE = 200 };

struct topic {
    uint8_t *payload;
    size_t length;
};

static struct topic topics[TOPICS];

PAIR_NOINLINE static uint8_t *payload_copy(uint64_t value, size_t length)
{
    uint8_t *payload = malloc(length);
    if (!payload)
        abort();
    memset(payload, (int)(value & 127), length);
    return payload;
}

static void retain(struct topic *topic, uint64_t value, size_t length, bool duplicate)
{
    uint8_t *old = topic->payload;
    topic->payload = payload_copy(value, length);
    topic->length = length;
    if (!LEAKS || !duplicate)
        free(old);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double u = (double)(r >> 11) / 9007199254740992.0;
    size_t which = (size_t)(TOPICS * u * u * u);
    size_t length = which % 2 ? SMALL : LARGE;
    retain(&topics[which], r, length, pair_random(i, 1) % 100 == 0);
    return topics[which].payload[0] > 127;
}

void heapgate_teardown(void)
{
    for (size_t k = 0; k < TOPICS; k++)
        free(topics[k].payload);
    memset(topics, 0, sizeof topics);
}
