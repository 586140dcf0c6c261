/*
 * Growth of one site: is it a leak, and how fast.
 *
 * The model. A site's history is L[t][e]: blocks (and bytes) born in epoch e and alive at checkpoint t.
 * Blocks of the round just over say little, they may be on their way out. A block is called *settled* at t
 * when it was born in an earlier epoch. N(t), the number of settled blocks, is looked at through its
 * increments
 *
 *     d(t) = N(t) - N(t-1) = births of round t-1 that lasted - deaths in round t among older blocks
 *
 * over the measured rounds. Then
 *
 *     a leak                adds the same number every round: d is steady and positive;
 *     a bounded cache       replaces: its total stands still, d sums to nothing; with turnover faster than a
 *                           round nothing ever settles, and d is 0 throughout;
 *     a filling cache       takes in fewer each round: d falls towards 0;
 *     one-time blocks       settle during warm-up or in a few rounds, and d is 0 afterwards;
 *     a leak beside a cache shows through it: deaths cancel the cache's births, not the leak's.
 *
 * The estimator. The rate is the mean of d over the measured rounds, its standard error that of a mean of K
 * values.
 *   Where blocks die, the rate counts as steady when it exceeds its error by Student's quantile for K-1
 * degrees of freedom at a one-sided level of 1 in 10,000, shared among all such sites of the cell
 * (Bonferroni). Consecutive d are negatively correlated there, so that the error is too large rather than too
 * small. Where nothing ever died, every increment is real, and the question is whether they go on: they are
 * steady by the same quantile, or when each of at least eight rounds added some, however uneven the sizes;
 * they have ended when the silence since the last is too long for their number. A falling d is told from a
 * steady one by its regression on t. Growth that is neither steady nor explained away is *unclear*: the
 * caller extends the run or says inconclusive.
 *
 * A container that doubles is one block, ever larger: its number stands still and its bytes grow in rare,
 * ever larger steps. It is told by its totals at checkpoints a factor of two apart, which grow in each
 * octave, and by bytes that keep pace with the ops to within one step.
 *
 * What it cannot see. Growth that begins after the run; a cache whose bound lies beyond the run (it is
 * growing, and is called so); a sawtooth longer than the run.
 *
 * Pure: no input or output, no clock, no allocation. Any thread.
 */
#ifndef HG_ANALYSIS_GROWTH_H
#define HG_ANALYSIS_GROWTH_H

#include "model.h"
#include <stdint.h>

typedef struct hg_history {
    uint32_t epochs;       /* warm-up and measured rounds */
    uint32_t warmup;       /* of them, warm-up */
    const int64_t *ops;    /* [checkpoint]: done since the start */
    const int64_t *blocks; /* [checkpoint][epoch] */
    const int64_t *bytes;
} hg_history;

typedef struct hg_growth {
    hg_class growth_class;
    bool unclear;            /* grows in the last rounds, not steadily: more rounds would tell */
    double blocks_per_round; /* 0 unless leaking, filling or unclear */
    double bytes_per_round, bytes_per_round_error;
    double bytes_noise; /* one standard error of the bytes' increments, growing or not */
} hg_growth;

/* At least this many measured rounds are needed for a judgement. */
#define HG_MIN_ROUNDS 4u
/* And at most this many epochs are looked at. */
#define HG_MAX_ROUNDS 256u

/* The one-sided level at which growth counts as steady, shared among all sites of a cell that have turnover.
 */
#define HG_LEVEL_SURE 1e-4

/* What else is judged in the same cell. */
typedef struct hg_company {
    uint32_t sites; /* with turnover, judged at once */
    bool turnover;  /* somewhere in the cell, blocks that had settled were freed */
} hg_company;

/* Whether blocks of the site that had settled were freed during the measured rounds. */
bool hg_growth_has_turnover(const hg_history *history);

hg_growth hg_growth_of(const hg_history *history, const hg_company *company);

/*
 * Growth of a plain series of one value a checkpoint, such as open files: the mean increment over the
 * measured rounds if it is steady and positive, else 0.
 */
double hg_growth_of_series(const int64_t *values, uint32_t count, uint32_t warmup);

/* One-sided quantile of Student's t: exceeded by chance with the probability `level`, above 0 and below 1/2.
 */
double hg_growth_quantile(uint32_t degrees_of_freedom, double level);

#endif
