/*
 * Detects steady growth in a stream of samples, in constant memory.
 *
 * The method is that of harness/analysis/growth.h, as far as it works without the age of each block: it looks
 * at memory that has settled and asks whether each round adds to it. TOKA_GROWTH_ROUND samples form a round,
 * and the lowest of them is the floor of the round. What is in flight at one moment is gone at another, so
 * the floor is close to what has settled, whatever other threads do.
 *
 *     a leak                raises the floor in every round;
 *     a steady state        has random floors: the chance that TOKA_GROWTH_RISES + 1 of them, drawn from one
 *                           distribution, come in rising order is 1 in 13!, or 1 in 6 billion;
 *     something filling up  stops rising, or rises less and less.
 *
 * So growth is steady if TOKA_GROWTH_RISES rounds in a row have a higher floor than the round before, and the
 * later half of the rises adds up to at least half of the earlier half.
 *
 * A leak that occurs less than once per round does not raise every floor. Therefore the watch uses rounds of
 * TOKA_GROWTH_LEVELS sizes, each twice the one before: two floors of a level make one of the next, the lower
 * of the two. A loss that occurs once in k rounds is found at the level whose rounds are about k times as
 * long. All levels together cost two comparisons per round instead of one.
 *
 * It misses growth that slows down, and growth that falls back within a dozen rounds of every size. It
 * mistakes for a leak whatever else rises in a dozen rounds without a pause, such as a cache that takes
 * longer to fill; the caller must leave out what has a bound.
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
