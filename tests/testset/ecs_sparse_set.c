/*
 * An entity-component store with paged sparse sets: entity numbers are handed out from a queue of dead ones.
 * The mistake: entities killed by the level's script (one in twelve) are not put into the queue, so that ever
 * higher numbers need ever more sparse pages of 4 KiB. The healthy one queues every dead entity; 3,000 are
 * alive at most.
 */
#include "pair.h"

enum { LIVE = 3000, PER_PAGE = 1024, PAGES = 65536 };
static uint32_t *sparse[PAGES], dense[LIVE + 1], dead[8192], next_entity;
static unsigned dense_count, dead_head, dead_count;

static PAIR_NOINLINE void sparse_page(uint32_t page)
{
    sparse[page] = malloc(PER_PAGE * sizeof **sparse);
    memset(sparse[page], 0xff, PER_PAGE * sizeof **sparse);
}

static void spawn(void)
{
    uint32_t e;
    if (dead_count) {
        e = dead[dead_head++ % 8192];
        dead_count--;
    } else {
        e = next_entity++;
    }
    if (!sparse[e / PER_PAGE])
        sparse_page(e / PER_PAGE);
    sparse[e / PER_PAGE][e % PER_PAGE] = dense_count;
    dense[dense_count++] = e;
}

static void kill(unsigned at, bool by_script)
{
    uint32_t e = dense[at], moved = dense[--dense_count];
    dense[at] = moved;
    sparse[moved / PER_PAGE][moved % PER_PAGE] = at;
    sparse[e / PER_PAGE][e % PER_PAGE] = UINT32_MAX;
    if (LEAKS && by_script)
        return;
    dead[(dead_head + dead_count++) % 8192] = e;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    unsigned wave = (unsigned)(i / 8000 % 3) * 1200 + 500;

    if (dense_count < wave)
        spawn();
    if (dense_count < wave && r % 2)
        spawn();
    if (dense_count > 1 && (dense_count > wave || r % 4))
        kill((unsigned)((r >> 8) % dense_count), (r >> 40) % 12 == 0);
    return 0;
}
