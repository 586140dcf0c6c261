/*
 * How long to look: the plan of a cell's runs.
 *
 * A cell is looked at in runs of growing length, each HG_LOOK_FACTOR times the one before and in a process of
 * its own, until the answer is plain. The length counts from the process's start: after a long warm-up a few
 * more ops look the same, whatever fills.
 *
 *   - A leak that is expected is plain at once; where looks are cheap, once its rate is known to 2 % and is
 *     not that of a saw, of which a short look sees one tooth.
 *   - A leak that is not expected must be found again by the next look, at the same call paths and the same
 *     rate. A cache that fills and a flush that has not come look like a leak until they end, so the growth
 *     must last for HG_SURE_LOOKS where looks are cheap, and for one more where they allocate little. It must
 *     also last for more blocks than a usual cache holds, where one look more reaches that.
 *   - Clean is plain at once, and wins over leaks of shorter looks, if it would have seen them. Where a leak
 *     of much of what was ever alive could hide in it, longer looks follow while they are cheap.
 *   - Where a longer look would run into a limit of the system, a look of the same length confirms the leak;
 *     and a look that did run into one is made again, shorter: growth that ended there says nothing.
 *   - Fragmentation must be found again by the next look, at the same rate; else the cell is clean.
 *   - Evidence too thin asks for another look, up to HG_MOST_LOOKS. What no single look is sure of, the law
 *     of growth over all of them tells (growth_law.h): three looks of one rate are a leak, as are all looks
 *     together when there are no more, if growth has kept pace with the ops.
 *   - What grows in steps too rare for any one look shows by what is alive at the end of each: a look is not
 *     clean while that rises with the length of the looks, or leaps as far in two of three.
 *   - What is alive may swing so far, and so regularly, that no look alone sees below it. A leak raises the
 *     most that is alive, too: where that stands still while the looks grow, the cell is clean.
 *   - Where no look is left, and only the last one rises, by no more than a page and by less than a clean
 *     verdict excludes, the cell is clean: what is never quite full does so, such as counters of a cache.
 *
 * While looks are cheap, which is a matter of how much they allocate, the first HG_CHEAP_LOOKS are made in
 * any case but that of the expected leak: they see rarer leaks, and longer periods. No look depends on a
 * clock here; the driver's budget does.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_LOOKS_H
#define HG_ANALYSIS_LOOKS_H

#include "analysis/growth_law.h"
#include "analysis/verdict.h"
#include "model/model.h"

#define HG_LOOK_FACTOR       4u
#define HG_MOST_LOOKS        6u
#define HG_CHEAP_LOOKS       3u
#define HG_CHEAP_ALLOCATIONS 1000000 /* of a whole look */
#define HG_FEW_ALLOCATIONS   1000    /* of a look: a batch that ends is hardly among them */
#define HG_SURE_LOOKS        4u
#define HG_SURE_ALLOCATIONS  4000000  /* of a whole look that makes sure of a leak */
#define HG_USUAL_CACHE       65536    /* entries */
#define HG_CACHE_ALLOCATIONS 16000000 /* of a whole look that shows whether such a cache is full */

typedef struct hg_look {
    uint32_t number;           /* from 1 */
    const hg_look_rate *rates; /* [number], of all looks so far */
    const hg_cell *now;        /* as judged after this look */
    const hg_cell *before;     /* after the one before; NULL for the first */
    hg_thinness thin;
    bool more;               /* a longer look can be made: limits of the system and budget leave room */
    bool repeated;           /* this one was as long as the one before */
    int64_t allocations;     /* of this look */
    double max_bytes_per_op; /* budget: growth within it is none */
} hg_look;

typedef enum hg_next_look {
    HG_LOOK_DONE,     /* the verdict stands */
    HG_LOOK_FURTHER,  /* the verdict stands, and a longer look costs little */
    HG_LOOK_AGAIN,    /* the verdict does not stand without a longer look */
    HG_LOOK_REPEAT,   /* the verdict does not stand without a second look of the same length */
    HG_LOOK_DOUBT,    /* the looks contradict each other, and there is none left: inconclusive */
    HG_LOOK_FADES,    /* inconclusive alone, clean in the light of all looks */
    HG_LOOK_STANDS,   /* the same, by the most that was alive in each */
    HG_LOOK_PERSISTS, /* inconclusive alone, a leak in the light of all looks */
    HG_LOOK_RISES,    /* the same, by what is alive at the end of each */
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
 * How many times as long as this look the next one takes, which has HG_LOOK_FACTOR times the ops. Where each
 * op walks through what has leaked, that is more than HG_LOOK_FACTOR: processor time follows a power of the
 * ops, which the halves of this look tell. ops: done at each checkpoint since the start; cpu_ns: spent in
 * each round.
 */
double hg_look_longer_takes(const int64_t *ops, const int64_t *cpu_ns, uint32_t count);

#endif
