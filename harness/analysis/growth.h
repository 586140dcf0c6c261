/*
 * Growth of one site: is it a leak, and how fast.
 *
 * The model. A site's history is L[t][e]: blocks (and bytes) born in epoch e and alive at checkpoint t.
 * Blocks of the round just over say little, they may be on their way out. N(t), the number of blocks that
 * have reached the age of A rounds, is looked at through its increments over the measured rounds
 *
 *     d(t) = N(t) - N(t-1) = births of round t-A that lasted - deaths in round t among older blocks
 *
 * for the ages 1, 2, 3, 5, 8, ... up to half of the rounds. Then
 *
 *     a leak                adds the same number every round: d is steady and positive;
 *     a bounded cache       replaces: its total stands still, d sums to nothing; where the turnover
 *                           is faster than A rounds nothing ever gets so old, and d is 0 throughout;
 *     a filling cache       takes in fewer each round: d falls towards 0;
 *     one-time blocks       settle during warm-up or in a few rounds, and d is 0 afterwards;
 *     a leak beside a cache shows through it, and alone at an age that nothing of the cache reaches.
 *
 * The estimator. The rate is the mean of d, its standard error that of a mean of as many values; of several
 * ages that show a leak the one with the least error is taken. Fewer than ten blocks a round come by chance:
 * their error is at least Poisson's.
 *   Where blocks die at that age, growth counts as steady when the mean exceeds its error by Student's
 * quantile at a one-sided level of 1 in 10,000, shared among all such sites of the cell and the ages tried
 * (Bonferroni). Consecutive d are negatively correlated there, so that the error is too large rather than
 * too small. Beyond the smallest age at which nothing dies every increment is real, and the question is
 * whether they go on: they are steady by the same quantile, or when each of at least eight rounds added
 * some, however uneven the sizes; they have ended when the silence since the last is too long for their
 * number. A falling d is told from a steady one by its regression on t, or by its order.
 *   Either way the blocks must die less than those of any steady state would (lifetimes.h): lifetimes with a
 * heavy tail make N grow long after warm-up, slower and slower, and are told by that. Unsteady growth of
 * blocks that do die as fast as a steady state wants is none.
 *   Where blocks die but more come than go (a queue that is served too slowly), none need grow old, and the
 * lifetimes say nothing: they become longer. There the totals (A = 0) grow, which is *unclear* in one run,
 * and a leak when runs of different length agree on its rate (looks.h). Growth that is neither steady nor
 * explained away is *unclear*: the caller extends the run or says inconclusive. A site of a few blocks in a
 * cell where other blocks die is looked at only from the age on at which those have died: young blocks of a
 * cache are not survivors yet. Containers that grow are few blocks, ever larger (container.h).
 *
 * What it cannot see. Growth that begins after the run; a cache whose bound lies beyond the run, or a flush
 * that does not come within it (both grow, and are called so; the driver therefore confirms a leak on a run
 * four times as long); what hides in the noise, which hidden_bytes_per_round bounds.
 *
 * Pure: no input or output, no clock, no allocation. Any thread.
 */
#ifndef HG_ANALYSIS_GROWTH_H
#define HG_ANALYSIS_GROWTH_H

#include "model/model.h"
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
    bool recurring;          /* unclear, but in three rounds or more, and not less and less */
    double blocks_per_round; /* 0 unless leaking, filling or unclear */
    double bytes_per_round, bytes_per_round_error;
    double hidden_bytes_per_round; /* a leak of less could hide in the noise of this site, once in 20 */
} hg_growth;

/* At least this many measured rounds are needed for a judgement. */
#define HG_MIN_ROUNDS 4u
/* And at most this many epochs are looked at. */
#define HG_MAX_ROUNDS 256u

/* The one-sided level at which growth counts as steady. */
#define HG_LEVEL_SURE 1e-4

/* What else is judged in the same cell. */
typedef struct hg_surroundings {
    uint32_t sites;     /* with turnover, judged at once */
    uint32_t death_age; /* the largest of all sites */
} hg_surroundings;

/*
 * The age by which 99 % of those blocks of the site have died that died settled, at the age of one round or
 * more, in the measured rounds; 0 where none did: the site has no turnover.
 */
uint32_t hg_growth_death_age(const hg_history *history);

hg_growth hg_growth_of(const hg_history *history, const hg_surroundings *surroundings);

/*
 * Growth of many sites without turnover, added up: like that of one, but only blocks that have reached the
 * surroundings' death age count.
 */
hg_growth hg_growth_of_quiet(const hg_history *history, const hg_surroundings *surroundings);

/*
 * Growth of a plain series of one value a checkpoint, such as open files. ops: as in a history.
 * blocks_per_round is the mean increment over the measured rounds if it is positive and steady, or unclear;
 * else 0.
 */
hg_growth hg_growth_of_series(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup);

/*
 * The same for a level that comes and goes, as that of files which are closed together: it also grows
 * steadily where it surely rises along a line (slope.h) and has fallen by little of that on the way, and is
 * unclear where it may.
 */
hg_growth hg_growth_of_level(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup);

#endif
