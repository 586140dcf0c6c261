/*
 * Is a figure growing steadily? A stream of samples goes in, one at a time; the memory is constant.
 *
 * The idea is that of harness/analysis/growth.h, as far as it goes without knowing when each block was born:
 * look at what has settled, one increment a round, and ask whether the increments are steady. Samples are
 * gathered into rounds of TOKA_GROWTH_ROUND; the lowest of a round is its floor. What is in flight at one
 * moment is not at another, so a floor is close to what has settled, whatever other threads are doing.
 *
 *     a leak                raises the floor every round;
 *     a steady state        has floors that scatter: the chance that TOKA_GROWTH_RISES + 1 of them, drawn
 *                           alike, come in rising order is 1 in 13!, or 6 thousand million;
 *     something filling up  stops, or rises less and less.
 *
 * So growth is steady when TOKA_GROWTH_RISES rounds in a row each had a higher floor than the one before, and
 * the later half of the rises is at least half of the earlier.
 *
 * A leak that strikes less than once a round does not raise every floor. Therefore rounds are looked at in
 * TOKA_GROWTH_LEVELS sizes at once, each twice the one before: two floors of a level make one of the next,
 * the lower of the two. A loss once in k rounds is found when a round is some k times as long; the whole
 * costs two comparisons a round instead of one.
 *
 * What it cannot see: growth that falls back within a dozen rounds of every size, and growth that slows down.
 * What it takes for a leak: whatever else rises without pause for a dozen rounds, such as a cache that takes
 * longer than that to fill. The caller leaves out what has a bound.
 *
 * Not synchronised.
 */
#ifndef TOKA_GROWTH_WATCH_H
#define TOKA_GROWTH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define TOKA_GROWTH_ROUND  2u /* samples in a round of the first level */
#define TOKA_GROWTH_RISES  12u
#define TOKA_GROWTH_LEVELS 24u

typedef struct toka_growth_level {
    uint64_t floor;                    /* of the last round */
    uint64_t rises[TOKA_GROWTH_RISES]; /* the latest, as a ring */
    uint32_t rising;                   /* how many there are without a break */
    bool begun;                        /* there was a last round */
    bool halved;                       /* `half` waits for the other */
    uint64_t half;                     /* floor of the first half of the next level's round */
} toka_growth_level;

/* All zero is a watch that has seen nothing. */
typedef struct toka_growth_watch {
    uint64_t floor;   /* of the round under way */
    uint32_t samples; /* in it */
    toka_growth_level levels[TOKA_GROWTH_LEVELS];
} toka_growth_watch;

typedef struct toka_growth {
    uint64_t grown;   /* by how much the floor rose */
    uint64_t samples; /* over how many samples */
} toka_growth;

/*
 * Takes the next sample, and says whether the growth is steady; then *ret_growth is filled, and the evidence
 * used up: it takes as many rounds again to say so again.
 */
bool toka_growth_watch_add(toka_growth_watch *watch, uint64_t sample, toka_growth *ret_growth);

#endif
