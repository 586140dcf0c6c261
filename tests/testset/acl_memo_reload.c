/* An access control service memoises each decision until the policy is reloaded, every 30,011 ops. The
 * mistake: the sweep at a reload unlinks decisions that came from a wildcard rule (1 in 120) but does not
 * free them. Healthy: a sawtooth of 30,011 decisions. */
#include "pair.h"

enum { CHAINS = 4096, RELOAD = 30011 };
struct decision {
    struct decision *next;
    uint64_t subject, object;
    bool allowed, wildcard;
    char reason[16];
};
static struct decision *chain[CHAINS];

PAIR_NOINLINE static struct decision *decision_new(uint64_t r, bool wildcard)
{
    struct decision *d = malloc(sizeof *d);
    d->subject = r;
    d->object = r >> 32;
    d->allowed = r & 1;
    d->wildcard = wildcard;
    memset(d->reason, 'r', sizeof d->reason);
    return d;
}

static void policy_reload(void)
{
    for (int k = 0; k < CHAINS; k++)
        while (chain[k]) {
            struct decision *d = chain[k];
            chain[k] = d->next;
            if (!LEAKS || !d->wildcard)
                free(d);
        }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct decision *d = decision_new(r, (r >> 8) % 120 == 0);
    d->next = chain[r % CHAINS];
    chain[r % CHAINS] = d;
    if (i % RELOAD == RELOAD - 1)
        policy_reload();
    return 0;
}
