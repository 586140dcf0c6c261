/* QoS 2 publishing with packet ids that are acknowledged 600 ops later. The mistake: when PUBREC comes a
 * second time, the state goes to a "released" list that waits for a PUBCOMP which never names it. Healthy:
 * it is freed. */
#include "pair.h"

enum { WINDOW = 601 };

struct inflight {
    struct inflight *next;
    uint16_t packet_id;
    uint8_t state;
    uint8_t header[61];
    struct inflight *peer;
};

static struct inflight *window[WINDOW];
static struct inflight *released;

PAIR_NOINLINE static struct inflight *inflight_new(uint16_t packet_id)
{
    struct inflight *one = malloc(sizeof *one);
    if (!one)
        abort();
    one->next = NULL;
    one->peer = NULL;
    one->packet_id = packet_id;
    one->state = 1;
    memset(one->header, packet_id & 255, sizeof one->header);
    return one;
}

static void pubrec(struct inflight *one, bool again)
{
    one->state++;
    if (again && one->state == 2 && LEAKS) {
        one->next = released;
        released = one;
        return;
    }
    free(one);
}

int heapgate_iterate(uint64_t i)
{
    struct inflight **place = &window[i % WINDOW];
    if (*place)
        pubrec(*place, i % 200 == 7);
    *place = inflight_new((uint16_t)(i % 65535 + 1));
    return 0;
}
