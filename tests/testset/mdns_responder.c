/* A multicast DNS responder remembers answers of its neighbours for 90,000 to 120,000 ops. The mistake: an
 * answer that is said goodbye to (1 in 270) is unlinked at once, but not freed. Healthy: bounded by the
 * time to live, at about op 120,000. */
#include "pair.h"

enum { SLOTS = 131072, TTL = 90000 };
struct answer {
    struct answer *next;
    uint64_t name;
    uint32_t type, address;
    char host[16];
};
static struct answer *expires[SLOTS];

PAIR_NOINLINE static struct answer *answer_new(uint64_t r)
{
    struct answer *a = malloc(sizeof *a);
    a->name = r;
    a->type = 1;
    a->address = (uint32_t)(r >> 16);
    memset(a->host, 'h', sizeof a->host);
    return a;
}

static void goodbye(struct answer **list)
{
    struct answer *a = *list;
    *list = a->next;
    if (!LEAKS)
        free(a);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct answer **due = &expires[i % SLOTS];
    while (*due) {
        struct answer *a = *due;
        *due = a->next;
        free(a);
    }
    struct answer *a = answer_new(r), **list = &expires[(i + TTL + (r >> 40) % 30000) % SLOTS];
    a->next = *list;
    *list = a;
    if ((r >> 8) % 270 == 0)
        goodbye(list);
    return 0;
}
