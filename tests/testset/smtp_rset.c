/* A mail server with 128 sessions that stay open over many mails. The mistake: RSET forgets the list of
 * recipients instead of freeing it, which happens when a client gives up a mail by chance. Healthy: RSET
 * frees the list. */
#include "pair.h"
#include <stdio.h>

enum { SESSIONS = 128 };

struct recipient {
    struct recipient *next;
    char address[32];
};

struct session {
    struct recipient *to;
    unsigned mails;
};

static struct session sessions[SESSIONS];

PAIR_NOINLINE static void recipient_add(struct session *session, unsigned number)
{
    struct recipient *one = malloc(sizeof *one);
    if (!one)
        abort();
    snprintf(one->address, sizeof one->address, "user%u@example.org", number % 10000);
    one->next = session->to;
    session->to = one;
}

static void recipients_free(struct session *session)
{
    while (session->to) {
        struct recipient *next = session->to->next;
        free(session->to);
        session->to = next;
    }
}

static void rset(struct session *session)
{
    if (!LEAKS)
        recipients_free(session);
    session->to = NULL;
}

static void data(struct session *session)
{
    session->mails++;
    recipients_free(session);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct session *session = &sessions[r % SESSIONS];
    unsigned kind = (unsigned)(r >> 32) % 100;
    if (kind < 20)
        data(session);
    else if (kind < 25)
        rset(session);
    else if (kind < 80)
        recipient_add(session, (unsigned)(r >> 16));
    return 0;
}

void heapgate_teardown(void)
{
    for (size_t k = 0; k < SESSIONS; k++)
        recipients_free(&sessions[k]);
}
