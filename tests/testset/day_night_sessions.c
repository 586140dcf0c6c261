/* A shop whose sessions come with a daily cycle of 20,000 ops and end 2,500 ops later. The mistake: guests
 * with a basket are kept for a mail that is only sent to known users. Healthy: their sessions end like
 * others. */
#include "pair.h"
#include <math.h>

enum { DAY = 20000, LIFE = 2500, WHEEL = 4096 };

struct session {
    struct session *next;
    bool guest_with_basket;
    uint8_t basket[180];
};

static struct session *ends[WHEEL];
static struct session *to_mail;

PAIR_NOINLINE static struct session *session_new(uint64_t i)
{
    struct session *session = malloc(sizeof *session);
    if (!session)
        abort();
    memset(session->basket, (int)(i & 127), sizeof session->basket);
    session->guest_with_basket = pair_random(i, 2) % 100 == 0;
    return session;
}

int heapgate_iterate(uint64_t i)
{
    while (ends[i % WHEEL]) {
        struct session *session = ends[i % WHEEL];
        ends[i % WHEEL] = session->next;
        if (LEAKS && session->guest_with_basket) {
            session->next = to_mail;
            to_mail = session;
        } else {
            free(session);
        }
    }
    double load = 0.7 + 0.65 * sin((double)(i % DAY) * 6.283185307 / DAY);
    double dice = (double)(pair_random(i, 0) >> 11) / 9007199254740992.0;
    for (; dice < load; dice += 1.0) {
        struct session *session = session_new(i);
        struct session **slot = &ends[(i + LIFE) % WHEEL];
        session->next = *slot;
        *slot = session;
    }
    return 0;
}
