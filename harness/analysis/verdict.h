/*
 * The verdict of a cell, from the growth of its sites.
 *
 * Pure, like growth.h.
 */
#ifndef HG_ANALYSIS_VERDICT_H
#define HG_ANALYSIS_VERDICT_H

#include "growth.h"

typedef struct hg_evidence {
    const hg_growth *sites; /* without the control */
    size_t site_count;
    uint32_t turnover_sites; /* of them, with turnover */
    hg_growth whole;         /* of all sites together */
    hg_growth control;       /* of the control's own site */
    double control_injected; /* bytes per round that the runner made */
    double files_per_round;  /* growth of open descriptors, 0 where there is none */
    double threads_per_round;
    uint64_t unrecorded; /* allocations whose stack was not recorded */
    uint64_t ops_per_round;
    uint32_t rounds;         /* measured */
    double max_bytes_per_op; /* budget */
} hg_evidence;

typedef struct hg_judgement {
    hg_verdict verdict;
    bool blind; /* failed, because the control was not recovered */
    bool thin;  /* inconclusive, and a longer run would tell */
    double bytes_per_op, bytes_per_op_error, blocks_per_op;
    double min_detectable_bytes_per_op;
    double control_recovered_bytes_per_op;
    char reason[256]; /* one sentence */
} hg_judgement;

/* The control counts as recovered within this share. */
#define HG_CONTROL_TOLERANCE 0.01

/*
 * The smallest leak that a run of n ops could have seen: three lost blocks of HG_DETECTABLE_BLOCK bytes (a
 * leak that loses three blocks a run on average goes unnoticed once in twenty runs), or what the noise of the
 * noisiest site could hide, whichever is more.
 */
#define HG_DETECTABLE_BLOCK 32.0

hg_judgement hg_judge(const hg_evidence *evidence);

#endif
