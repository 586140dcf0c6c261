/* A matchmaking lobby whose population swings between 2,000 and 20,000 players in a cycle of 50,000 ops.
 * The mistake: when a party leader (1 player in 250) leaves, the party's chat record stays. Healthy:
 * follows the load. */
#include "pair.h"

enum { CYCLE = 50000, LOW = 2000, HIGH = 20000 };
struct party {
    uint64_t leader;
    char chat[72];
};
struct player {
    struct player *next;
    struct party *party;
    uint64_t id;
    uint32_t rating;
    char name[28];
};
static struct player *first, **last = &first;
static uint32_t waiting;

PAIR_NOINLINE static struct party *party_new(uint64_t leader)
{
    struct party *party = calloc(1, sizeof *party);
    party->leader = leader;
    return party;
}

PAIR_NOINLINE static struct player *player_new(uint64_t r)
{
    struct player *player = calloc(1, sizeof *player);
    player->id = r;
    player->rating = r % 3000;
    if ((r >> 16) % 250 == 0)
        player->party = party_new(r);
    return player;
}

static void leave(void)
{
    struct player *player = first;
    first = player->next;
    if (!first)
        last = &first;
    waiting--;
    if (!LEAKS)
        free(player->party);
    free(player);
}

int heapgate_iterate(uint64_t i)
{
    uint32_t phase = i % CYCLE, ramp = phase < CYCLE / 2 ? phase : CYCLE - phase;
    uint32_t capacity = LOW + (HIGH - LOW) / 1000 * (ramp / 25);
    struct player *player = player_new(pair_random(i, 0));
    *last = player;
    last = &player->next;
    waiting++;
    while (waiting > capacity)
        leave();
    return 0;
}
