/*
 * How long to look: the plan of a cell's runs.
 *
 * A cell is looked at in runs of growing length, each HG_LOOK_FACTOR times the one before and in a process of
 * its own, until the answer is plain. The length counts from the process's start: after a long warm-up a few
 * more ops look the same, whatever fills.
 *
 *   - A leak that is expected is plain at once; where looks are cheap, once its rate is known to 2 %.
 *   - A leak that is not must be found again by the next look, at the same call paths and the same rate: a
 *     cache that fills, or a flush that did not come, looks like one for a while. Under skewed keys a cache
 *     fills like a power of the ops (Heaps' law), in each look a little slower; so a rate that is surely
 *     slower than before is not the same, and one that could as well be half of it is looked at again.
 *   - Clean is plain at once, but not after a leak: then two looks must say so. Where a leak was expected
 *     two looks are taken.
 *   - Fragmentation must be found again by the next look, at the same rate; else the cell is clean.
 *   - Evidence too thin asks for another look, up to HG_MOST_LOOKS. Growth that is never sure in one look,
 * but goes on at one rate in three of them, is a leak: whatever fills, or lives long and dies, grows slower
 *     the longer the look. Growth that fades with the length of the look is none.
 *
 * While looks are cheap, which is a matter of how much they allocate, the first HG_CHEAP_LOOKS are made in
 * any case but that of the expected leak: they see rarer leaks, and longer periods. No look depends on a
 * clock here; the driver's budget does.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_LOOKS_H
#define HG_ANALYSIS_LOOKS_H

#include "model/model.h"

#define HG_LOOK_FACTOR       4u
#define HG_MOST_LOOKS        4u
#define HG_CHEAP_LOOKS       3u
#define HG_CHEAP_ALLOCATIONS 1000000 /* of a whole look */

/* What a look said of the growth: bytes per op; visible is the least that would have shown. */
typedef struct hg_look_rate {
    double rate, error, visible;
} hg_look_rate;

typedef struct hg_look {
    uint32_t number;           /* from 1 */
    const hg_look_rate *paces; /* [number], of all looks so far */
    const hg_cell *now;        /* as judged after this look */
    const hg_cell *before;     /* after the one before; NULL for the first */
    bool thin;                 /* inconclusive, and a longer run would tell */
    int64_t allocations;       /* of this look */
} hg_look;

typedef enum hg_next_look {
    HG_LOOK_DONE,     /* the verdict stands */
    HG_LOOK_FURTHER,  /* the verdict stands, and a longer look costs little */
    HG_LOOK_AGAIN,    /* the verdict does not stand without a longer look */
    HG_LOOK_DOUBT,    /* the looks contradict each other, and there is none left: inconclusive */
    HG_LOOK_SLOWS,    /* each look shows growth, but less than the one before: inconclusive */
    HG_LOOK_FADES,    /* inconclusive alone, clean in the light of all looks */
    HG_LOOK_PERSISTS, /* inconclusive alone, a leak in the light of all looks */
    HG_LOOK_REFUTES,  /* fragmentation alone, clean in the light of all looks */
} hg_next_look;

hg_next_look hg_look_next(const hg_look *look);

/* How many ops a run has, warm-up and all. */
typedef struct hg_look_length {
    uint32_t warmup_rounds, rounds;
    uint64_t least_warmup_ops; /* of a warm-up round; a measured round's, where that is more */
    uint64_t ops_per_round;
} hg_look_length;

/* The ops of a measured round of the next look. */
uint64_t hg_look_longer(const hg_look_length *length);

/*
 * Whether growth fades with the length of the run. A leak has the same rate in each look; what adds a block
 * each time that the ops double, such as a histogram, a quarter of it from look to look, and in a lifetime no
 * more than a few dozen; what fills up to a bound falls ever faster. It fades when the rate has fallen as if
 * to a third in each of the last two looks, or of the last three, and by half at least in the last. A look
 * that saw no growth, though it would have, counts as well.
 */
bool hg_look_fades(const hg_look_rate paces[HG_MOST_LOOKS]);

/*
 * Whether growth persists: three looks in a row, the last of them `count`, are of one rate, to within a tenth
 * and three errors, and it is known to a tenth. Growth like the square root of the ops halves from look to
 * look, and that of a population whose lifetimes have a finite mean falls to a quarter in the long run. After
 * the last look two are enough, if they know the rate to a tenth and those before were too short to see it.
 */
bool hg_look_persists(const hg_look_rate *paces, uint32_t count);

/* Whether the leak that `now` shows was there `before`: the same call paths growing at the same rate. */
bool hg_look_confirms(const hg_cell *before, const hg_cell *now);

#endif
