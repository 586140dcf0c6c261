/* A TLS server that remembers 4,096 sessions with their peers' certificates, the oldest making room. The
 * mistake: a renegotiation overwrites the certificate of a session. Healthy: the ring is full after 4,096
 * handshakes. */
#include "pair.h"

enum { RING = 4096, CERTIFICATE = 512 };

struct tls_session {
    uint8_t master[48];
    uint8_t *peer;
};

static struct tls_session *ring[RING];

PAIR_NOINLINE static uint8_t *certificate_copy(uint64_t serial)
{
    uint8_t *der = malloc(CERTIFICATE);
    if (!der)
        abort();
    memset(der, (int)(serial & 255), CERTIFICATE);
    return der;
}

PAIR_NOINLINE static struct tls_session *session_new(uint64_t serial)
{
    struct tls_session *session = malloc(sizeof *session);
    if (!session)
        abort();
    memset(session->master, (int)(serial >> 8 & 255), sizeof session->master);
    session->peer = certificate_copy(serial);
    return session;
}

static void session_free(struct tls_session *session)
{
    if (session)
        free(session->peer);
    free(session);
}

static void renegotiate(struct tls_session *session, uint64_t serial)
{
    if (!LEAKS)
        free(session->peer);
    session->peer = certificate_copy(serial);
}

int heapgate_iterate(uint64_t i)
{
    struct tls_session **place = &ring[i % RING];
    session_free(*place);
    *place = session_new(i);
    if (i % 50 == 49)
        renegotiate(*place, i + 1);
    return 0;
}

void heapgate_teardown(void)
{
    for (size_t k = 0; k < RING; k++) {
        session_free(ring[k]);
        ring[k] = NULL;
    }
}
