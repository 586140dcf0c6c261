/*
 * A store of 40 certificates that is loaded anew every 7,001 ops. Each handshake takes the chain of three of
 * them, with a reference to each. The mistake: a handshake that asks for the chain a second time (1 in 1,500)
 * frees the list of that chain but not its references, so the certificates of that chain survive the reload.
 */
#include "pair.h"

enum { CERTIFICATES = 40, RELOAD = 7001, CHAIN = 3 };
struct certificate {
    unsigned references;
    unsigned char der[900];
};
static struct certificate *store[CERTIFICATES];

static PAIR_NOINLINE struct certificate *certificate_parse(uint64_t i)
{
    struct certificate *c = malloc(sizeof *c);
    if (!c)
        abort();
    c->references = 1;
    memset(c->der, (int)(i & 127), sizeof c->der);
    return c;
}

static void certificate_free(struct certificate *c)
{
    if (c && --c->references == 0)
        free(c);
}

static void reload(uint64_t i)
{
    for (unsigned k = 0; k < CERTIFICATES; k++) {
        certificate_free(store[k]);
        store[k] = certificate_parse(i + k);
    }
}

static struct certificate **get1_chain(uint64_t r)
{
    struct certificate **chain = malloc(CHAIN * sizeof(struct certificate *));
    if (!chain)
        abort();
    for (unsigned k = 0; k < CHAIN; k++) {
        chain[k] = store[(r >> 8 * k) % CERTIFICATES];
        chain[k]->references++;
    }
    return chain;
}

static void chain_pop_free(struct certificate **chain)
{
    for (unsigned k = 0; k < CHAIN; k++)
        certificate_free(chain[k]);
    free(chain);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % RELOAD == 0)
        reload(i);
    chain_pop_free(get1_chain(r));
    if ((r >> 40) % 1500 == 0) {
        struct certificate **again = get1_chain(~r);
        if (LEAKS)
            free(again);
        else
            chain_pop_free(again);
    }
    return 0;
}
