/*
 * Mailboxes of an actor system: each op sends up to two messages and takes up to two, so that their number
 * walks at random between 0 and 400. The mistake: a message that does not match the receiver's patterns
 * (1 in 900, by chance) goes to the save queue, which is never searched again. Healthy: it is dropped.
 */
#include "pair.h"

enum { MOST = 400 };
struct message {
    struct message *next;
    uint64_t term[11];
};
static struct message *first, *last, *saved;
static unsigned count;

static PAIR_NOINLINE struct message *message_new(uint64_t r)
{
    struct message *m = malloc(sizeof *m);
    if (!m)
        abort();
    m->next = NULL;
    m->term[0] = r;
    return m;
}

static void take(void)
{
    struct message *m = first;
    first = m->next;
    if (!first)
        last = NULL;
    count--;
    if (LEAKS && m->term[0] % 900 == 0) {
        m->next = saved;
        saved = m;
        return;
    }
    free(m);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    for (unsigned k = 0; k < (r >> 50) % 3 && count < MOST; k++) {
        struct message *m = message_new(pair_random(i, 1 + k));
        *(last ? &last->next : &first) = m;
        last = m;
        count++;
    }
    for (unsigned k = 0; k < (r >> 40) % 3 && count > 0; k++)
        take();
    return 0;
}
