/*
 * Growth of the whole: of the least live memory of each round.
 *
 * What is freed in batches leaves a sawtooth in which a slow leak drowns, whatever single blocks live. The
 * low-water mark of a round does not see the teeth. Its trend is told without assuming any distribution: by
 * the order of the values (Mann, "Nonparametric tests against trend", Econometrica 13, 1945; Kendall, "Rank
 * correlation methods", 1948, for ties), with the variance enlarged where neighbours are alike (Hamed and
 * Rao, "A modified Mann-Kendall trend test for autocorrelated data", Journal of Hydrology 204, 1998, for the
 * first lag). The rate is the median of the slopes of all pairs, and its error half the width of the
 * confidence interval of that median (Sen, "Estimates of the regression coefficient based on Kendall's tau",
 * JASA 63, 1968).
 *
 * One run in which the low-water mark rises is never more than a reason to look longer: whatever fills does
 * the same. Runs of different length tell them apart (looks.h).
 *
 * Pure: no input or output, no clock, no allocation. Any thread.
 */
#ifndef HG_ANALYSIS_LEVEL_H
#define HG_ANALYSIS_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

/* So many values are looked at; of more, every second or fourth one is left out. */
#define HG_LEVEL_VALUES 64u

typedef struct hg_level {
    bool rises; /* by more than chance, 1 in 1,000; or by more than seen_per_op, to twice as much or more */
    double per_op, error;
    double hidden_per_op; /* a steady rise of less could well hide in the noise */
    double seen_per_op;   /* a steady rise of this is noticed 19 times in 20 */
    /*
     * What swings has returned if the least of the last third of the run, or the most, is not above that of
     * the first third. A rise would have lifted both, and by more than those of the thirds differ by:
     * swing_bytes, or infinity where nothing returned. rising_ops: the ops of two thirds.
     */
    double swing_bytes, rising_ops;
} hg_level;

/* values and ops: one of each checkpoint; the first `warmup` are left out. All zero for fewer than four. */
hg_level hg_level_of(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup);

#endif
