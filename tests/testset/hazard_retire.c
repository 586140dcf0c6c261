/*
 * Hazard pointers: a node that was replaced is retired, and at 1,009 retired nodes those that no hazard
 * pointer names are freed and the others put back. The mistake: of those put back, the first is lost when
 * the list is joined again, so one node in 1,009 if any is named. Healthy: the last two named are freed
 * next time.
 */
#include "pair.h"

enum { CELLS = 64, THRESHOLD = 1009 };
struct node {
    struct node *next;
    uint64_t value[6];
};
static struct node *cell[CELLS], *retired;
static struct node *hazard[2];
static unsigned retired_count;

static PAIR_NOINLINE struct node *node_new(uint64_t value)
{
    struct node *n = malloc(sizeof *n);
    if (!n)
        abort();
    n->next = NULL;
    n->value[0] = value;
    return n;
}

static void reclaim(void)
{
    struct node *kept = NULL;
    unsigned count = 0;
    while (retired) {
        struct node *n = retired;
        retired = n->next;
        if (n == hazard[0] || n == hazard[1]) {
            n->next = kept;
            kept = n;
            count++;
        } else {
            free(n);
        }
    }
    retired = LEAKS && kept ? kept->next : kept;
    retired_count = LEAKS && kept ? count - 1 : count;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct node **at = &cell[r % CELLS];
    struct node *old = *at;
    *at = node_new(r);
    if (!old)
        return 0;
    if ((r >> 10) % 7 == 0)
        hazard[(r >> 20) % 2] = old;
    old->next = retired;
    retired = old;
    if (++retired_count >= THRESHOLD)
        reclaim();
    return 0;
}
