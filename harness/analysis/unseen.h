/*
 * Growth of memory in which nothing is counted: whether it is growth at all.
 *
 * What is looked at is the trend (analysis/level.h) of resident memory without what is counted, over the
 * measured rounds. An allocator settles, and its pools fragment, for a while: the trend counts only if it is
 * that of the last half of these rounds, too, and comes to HG_UNSEEN_BYTES and HG_UNSEEN_SHARE of what is
 * resident. Memory that has returned to where it was has not grown.
 *
 * Pages of large blocks come when they are first used. Where less is resident than counted, the pages that
 * come are theirs: of a buffer that fills, or of a pool that is used up.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_UNSEEN_H
#define HG_ANALYSIS_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

#define HG_UNSEEN_BYTES (1 << 20)
#define HG_UNSEEN_SHARE 0.1

/* Growth that is as fast in either half of the rounds counts from so much on, and half of that share. */
#define HG_UNSEEN_EVEN_BYTES (1 << 18)

/* Where little is counted, growth of pools is no noise; where another allocator is known to divide memory,
 * even less so. */
#define HG_UNSEEN_POOL_BYTES  (1 << 17)
#define HG_UNSEEN_ARENA_BYTES (1 << 15)

/* Files and segments in memory are no pools: from so much on, their growth counts. */
#define HG_HELD_BYTES (1 << 17)

/* An allocator counts what it keeps for each thread as handed out: so much is no growth. Nor is what a block
 * takes beside its size, and what the size is rounded up by. */
#define HG_PAST_BYTES      (1 << 16)
#define HG_PAST_OF_A_BLOCK 48
#define HG_PAST_OF_SIZE    0.25

/* So many times the size of the largest blocks that came is no growth either: the C library gives the end of
 * its heap back when it is twice as large as the largest mapping that was freed (M_TRIM_THRESHOLD). */
#define HG_KEPT_BLOCKS 2.0

/* What fills, fills so much in a run at most that nobody takes it for growth. */
#define HG_UNSEEN_MUCH (32 << 20)

/* Less than this share of what is resident is little, and less than so much in any case. */
#define HG_LITTLE_COVERED 0.2
#define HG_LITTLE_BYTES   65536.0

/* So much resident memory is the loader's and the C library's own, not the program's. */
#define HG_LOADER_BYTES (2 << 20)

/* values and ops: one of each checkpoint; those before `warmup` are left out. Bytes. */
typedef struct hg_unseen_series {
    const int64_t *values, *ops;
    uint32_t count, warmup; /* warmup is less than count */
    double resident;        /* at the end */
    double counted;         /* of it; less than nothing: another allocator divides memory */
    double largest_block;   /* that came */
    double threads;
    double max_per_op; /* the budget */
    bool inside;       /* values are of all that is resident, which is less than what is counted */
    double noise;      /* hg_unseen_of_held: so much is no growth */
} hg_unseen_series;

typedef struct hg_unseen {
    bool grows;
    bool much;   /* a longer run would see the same */
    bool inside; /* blocks that are counted, and of which not all pages were used */
    double per_op;
} hg_unseen;

/* Whether so little of what is resident is counted that its growth is a pool's. */
bool hg_unseen_is_most(double resident, double counted);

hg_unseen hg_unseen_of(const hg_unseen_series *series);

/* The same of what nobody but the program makes more or less of, as of files and segments in memory. */
hg_unseen hg_unseen_of_held(const hg_unseen_series *series);

#endif
