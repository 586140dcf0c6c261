#include "growth_watch.h"

static uint64_t lower(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The sum of count rises from the first-th oldest on. The ring is full: the oldest is the next to be
 * replaced. */
static uint64_t level_sum(const toka_growth_level *level, uint32_t first, uint32_t count)
{
    uint64_t sum = 0;

    for (uint32_t i = first; i < first + count; i++)
        sum += level->rises[(level->rising + i) % TOKA_GROWTH_RISES];
    return sum;
}

static bool level_is_steady(const toka_growth_level *level)
{
    return level->rising >= TOKA_GROWTH_RISES &&
           level_sum(level, TOKA_GROWTH_RISES / 2, TOKA_GROWTH_RISES / 2) >=
               level_sum(level, 0, TOKA_GROWTH_RISES / 2) / 2;
}

static void level_end_round(toka_growth_level *level, uint64_t floor)
{
    if (level->begun && floor > level->floor) {
        level->rises[level->rising % TOKA_GROWTH_RISES] = floor - level->floor;
        /* Stays small without changing which is the oldest. */
        if (++level->rising == 2 * TOKA_GROWTH_RISES)
            level->rising = TOKA_GROWTH_RISES;
    } else {
        level->rising = 0;
    }
    level->floor = floor;
    level->begun = true;
}

/* Gives true when the level has both halves of a round of the next; *floor becomes that round's. */
static bool level_pair(toka_growth_level *level, uint64_t *floor)
{
    level->halved = !level->halved;
    if (level->halved) {
        level->half = *floor;
        return false;
    }
    *floor = lower(level->half, *floor);
    return true;
}

static void watch_forget_rises(toka_growth_watch *watch)
{
    for (uint32_t i = 0; i < TOKA_GROWTH_LEVELS; i++)
        watch->levels[i].rising = 0;
}

/* Every level sees its round, also when a smaller one has the evidence already. */
static bool watch_end_round(toka_growth_watch *watch, uint64_t floor, toka_growth *ret_growth)
{
    bool steady = false;

    for (uint32_t i = 0; i < TOKA_GROWTH_LEVELS; i++) {
        toka_growth_level *level = &watch->levels[i];

        level_end_round(level, floor);
        if (!steady && level_is_steady(level)) {
            *ret_growth = (toka_growth){
                .grown = level_sum(level, 0, TOKA_GROWTH_RISES),
                .samples = ((uint64_t)TOKA_GROWTH_ROUND * TOKA_GROWTH_RISES) << i,
            };
            steady = true;
        }
        if (!level_pair(level, &floor))
            break;
    }
    if (steady)
        watch_forget_rises(watch);
    return steady;
}

bool toka_growth_watch_add(toka_growth_watch *watch, uint64_t sample, toka_growth *ret_growth)
{
    watch->floor = watch->samples == 0 ? sample : lower(watch->floor, sample);
    if (++watch->samples < TOKA_GROWTH_ROUND)
        return false;
    watch->samples = 0;
    return watch_end_round(watch, watch->floor, ret_growth);
}
