/* A game server keeps for each of 200 players a list of achievements in one block that gets longer with
 * each (1 op in 12). The mistake: the list has no limit. Healthy: the 65th overwrites the oldest, which all
 * players have reached after some 250,000 ops. */
#include "pair.h"

enum { PLAYERS = 200, LIMIT = 64 };
struct player {
    uint64_t earned;
    uint64_t *list;
};
static struct player player[PLAYERS];

PAIR_NOINLINE static uint64_t *list_extend(uint64_t *list, uint64_t count)
{
    list = realloc(list, count * sizeof *list);
    if (!list)
        abort();
    return list;
}

static void earn(struct player *p, uint64_t achievement)
{
    uint64_t at = p->earned++;
    if (LEAKS || at < LIMIT)
        p->list = list_extend(p->list, at + 1);
    else
        at %= LIMIT;
    p->list[at] = achievement;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i % 12 == 0)
        earn(&player[r % PLAYERS], r);
    return 0;
}
