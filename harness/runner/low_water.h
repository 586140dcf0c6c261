/*
 * The low-water mark of a round: the least that is alive at some of the moments between its ops.
 *
 * Some HG_LOW_WATER_SAMPLES moments are sampled in a round, at random distances, so that no period of the
 * workload falls into step with them; in a round of fewer ops, every one is. The distances follow from the
 * seed, so that every run of a round samples the same moments.
 *
 * Not thread-safe; for the runner's one thread. Nothing here allocates.
 */
#ifndef HG_RUNNER_LOW_WATER_H
#define HG_RUNNER_LOW_WATER_H

#include <stdbool.h>
#include <stdint.h>

#define HG_LOW_WATER_SAMPLES 256u

typedef struct hg_low_water {
    int64_t samples, blocks, bytes; /* the least of each so far; 0 while there are no samples */
    uint64_t spacing;               /* ops between two samples, on average */
    uint64_t wait;                  /* ops until the next sample */
    uint64_t random;
} hg_low_water;

/* A round begins. ops: that it has; 0 if nobody knows, and then every moment is sampled. */
hg_low_water hg_low_water_start(uint64_t ops, uint64_t seed);

/* An op was done. Whether this moment is to be sampled. */
static inline bool hg_low_water_due(hg_low_water *low)
{
    return --low->wait == 0;
}

/* What is alive at this moment. Call it whenever one is due, and as often as you like besides. */
void hg_low_water_note(hg_low_water *low, int64_t blocks, int64_t bytes);

#endif
