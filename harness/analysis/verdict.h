/*
 * The verdict of a cell, from the growth of its sites.
 *
 * Pure, like growth.h.
 */
#ifndef HG_ANALYSIS_VERDICT_H
#define HG_ANALYSIS_VERDICT_H

#include "analysis/growth.h"
#include "analysis/level.h"
#include "analysis/unseen.h"

typedef struct hg_evidence {
    const hg_growth *sites; /* without the control */
    size_t site_count;
    hg_growth whole;         /* of all sites together */
    hg_growth quiet;         /* of all sites together at which no settled block dies */
    hg_level level;          /* of the least of all live bytes but the control's in each round */
    hg_level total;          /* of the same at the checkpoints */
    double risen_bytes;      /* from the checkpoint before the measured rounds to the last one */
    bool blocks_rise;        /* the same of their number */
    hg_growth control;       /* of the control's own site */
    double control_injected; /* bytes per round that the runner made */
    hg_growth files;         /* of the number of open descriptors */
    hg_growth threads;
    hg_unseen unseen;      /* resident memory beside all blocks and mappings that are counted */
    hg_unseen held;        /* files and segments in memory */
    hg_unseen past;        /* what the allocator handed out beyond all that is counted */
    const char *held_file; /* the largest one's name, "" for none */
    bool uncounted;        /* files or threads could not be counted at a checkpoint */
    uint32_t at_limit;     /* limits of the system that the process came to, as flags; 0: none */
    int64_t allocations;   /* in the measured rounds, without the control's; -1: not known */
    double largest_block;  /* bytes: the largest mean size of what one call path allocated in these rounds */
    double
        largest_alive;  /* the same of what was alive at checkpoints, where what was allocated is not known */
    int64_t most_live;  /* bytes alive at any checkpoint */
    double stands_for;  /* of blocks, one that was counted; less than 1: for itself */
    uint32_t death_age; /* of the cell, see hg_surroundings */
    uint64_t unrecorded; /* allocations whose stack was not recorded */
    uint64_t ops_per_round;
    uint32_t rounds;         /* measured */
    double max_bytes_per_op; /* budget, for the growth of all sites together */
} hg_evidence;

/* What the verdict rests on. */
typedef enum hg_cause {
    HG_CAUSE_NO_GROWTH,
    HG_CAUSE_NOTHING_ALLOCATED, /* and so no growth */
    HG_CAUSE_WITHIN_BUDGET,
    HG_CAUSE_PATHS_GROW,   /* growing_paths of them */
    HG_CAUSE_EMPTY_BLOCKS, /* the same, by blocks of 0 bytes alone */
    HG_CAUSE_REPLACED,     /* the same, but the whole stands still: others shrink by as much */
    HG_CAUSE_FILES_GROW,
    HG_CAUSE_THREADS_GROW,
    HG_CAUSE_SPREAD_GROWTH, /* of all call paths together; none of them grows steadily */
    HG_CAUSE_FILES_UNSTEADY,
    HG_CAUSE_THREADS_UNSTEADY,
    HG_CAUSE_PATHS_UNSTEADY,
    HG_CAUSE_STILL_FILLING,
    HG_CAUSE_LEVEL_RISES, /* of the least live memory of each round */
    HG_CAUSE_TOO_COARSE,  /* a leak of all that was ever alive could hide in the noise */
    HG_CAUSE_UNSEEN_GROWS,
    HG_CAUSE_HELD_GROWS,
    HG_CAUSE_PAST_GROWS,
    HG_CAUSE_AT_LIMIT, /* growth may have ended there */
    HG_CAUSE_UNCOUNTED,
    HG_CAUSE_UNRECORDED,
    HG_CAUSE_CONTROL_LOST,
} hg_cause;

/* What would tell more; not by itself said to anyone, see verdict/sentences.h. */
typedef enum hg_advice {
    HG_ADVICE_NONE,
    HG_ADVICE_MORE_OPS,
    HG_ADVICE_MORE_WARMUP, /* or more ops */
} hg_advice;

/* Why an inconclusive run asks for a longer one. */
typedef enum hg_thinness {
    HG_THIN_NOT,    /* it does not, or the run is not inconclusive */
    HG_THIN,        /* it would tell */
    HG_THIN_RISES,  /* the whole rises, and no call path alone does */
    HG_THIN_SWINGS, /* nothing grows, but what is alive swings so far that much could hide in it */
} hg_thinness;

typedef struct hg_judgement {
    hg_verdict verdict;
    hg_cause cause;
    hg_advice advice;
    bool blind; /* failed, because the control was not recovered */
    hg_thinness thin;
    double bytes_per_op, bytes_per_op_error, blocks_per_op;
    double min_detectable_bytes_per_op;
    double control_recovered_bytes_per_op;
    size_t growing_paths; /* leaks */
} hg_judgement;

/* The control counts as recovered within this share. */
#define HG_CONTROL_TOLERANCE 0.01

/*
 * min_detectable_bytes_per_op: a steady leak of that much goes unnoticed (the verdict is clean, and no longer
 * run is asked for) at most once in twenty runs, in whichever way it comes. It is the largest of
 *   - as many lost blocks as chance leaves few enough of, once in twenty, to pass for late initialisation or
 *     for young blocks of a cache; of the largest size that came, and of HG_DETECTABLE_BLOCK at least;
 *   - what hides in the noise of the noisiest site (growth.h);
 *   - what hides in the noise of the whole (level.h).
 */
#define HG_DETECTABLE_BLOCK 32.0

/* Of blocks lost seldom and at random, so many are lost in a run that shows them 19 times in 20. */
#define HG_BLOCKS_TO_NOTICE 7.0

/* Less live memory than this is not the measure of what a run sees. */
#define HG_LITTLE_MEMORY 65536.0

/* What hides in the noise of the whole leaves no verdict open when it is less than this, in bytes per op. */
#define HG_FINE_ENOUGH 0.5

hg_judgement hg_judge(const hg_evidence *evidence);

#endif
