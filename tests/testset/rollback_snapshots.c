/*
 * A fighting game with rollback keeps a snapshot of each of the last 16 frames. The mistake: after a rollback
 * the frames are simulated again and their new snapshots are stored over the old ones. The healthy one frees
 * the old snapshot of a slot first. A late input rolls back one to three frames, one op in 70.
 */
#include "pair.h"

enum { RING = 16, FIGHTERS = 2 };
struct snapshot {
    uint64_t frame;
    uint32_t length;
    struct {
        int32_t x, y, health, state;
    } fighter[FIGHTERS];
    unsigned char effects[];
};
static struct snapshot *ring[RING];
static struct {
    int32_t x, y, health, state;
} fighter[FIGHTERS];

static PAIR_NOINLINE struct snapshot *snapshot_take(uint64_t frame, uint32_t effects)
{
    struct snapshot *s = malloc(sizeof *s + effects * 12);
    s->frame = frame;
    s->length = effects * 12;
    memcpy(s->fighter, fighter, sizeof fighter);
    memset(s->effects, (int)frame, s->length);
    return s;
}

static void simulate(uint64_t frame, uint64_t input)
{
    for (unsigned k = 0; k < FIGHTERS; k++) {
        fighter[k].x += (int32_t)(input >> k * 4 & 3) - 1;
        fighter[k].state = (int32_t)(frame % 7);
    }
}

static void save(uint64_t frame, bool again)
{
    struct snapshot **slot = &ring[frame % RING];
    if (!(LEAKS && again))
        free(*slot);
    *slot = snapshot_take(frame, (uint32_t)(pair_random(frame, 3) % 30));
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (i > RING && r % 70 == 0) {
        uint64_t back = 1 + (r >> 20) % 3;
        memcpy(fighter, ring[(i - back) % RING]->fighter, sizeof fighter);
        for (uint64_t f = i - back; f < i; f++) {
            simulate(f, pair_random(f, 1));
            save(f, true);
        }
    }
    simulate(i, pair_random(i, 1));
    save(i, false);
    return 0;
}
