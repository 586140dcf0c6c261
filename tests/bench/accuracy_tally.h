/*
 * What a benchmark of verdicts saw, cell by cell, and what follows from it: shares with their 95 % bounds.
 *
 * Bounds of a share are Clopper and Pearson's ("The use of confidence or fiducial limits", Biometrika 26,
 * 1934), two-sided: the shares for which what was seen is not in the outer 2.5 % of the binomial distribution
 * on either side.
 */
#ifndef HG_BENCH_ACCURACY_TALLY_H
#define HG_BENCH_ACCURACY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum tally_kind {
    TALLY_PAIR,
    TALLY_CONTROL,
    TALLY_LIBRARY,
    TALLY_TOKA,
    TALLY_MUTANT,
    TALLY_KINDS
} tally_kind;

typedef enum tally_verdict {
    TALLY_CLEAN,
    TALLY_LEAK,
    TALLY_FRAGMENTATION,
    TALLY_INCONCLUSIVE,
    TALLY_FAILED,
    TALLY_VERDICTS
} tally_verdict;

/* One cell: what is true of it, and what heapgate said. */
typedef struct tally_cell {
    tally_kind kind;
    bool leaks; /* in truth */
    tally_verdict verdict;
    bool culprit; /* the right function is blamed */
    bool rate_known, rate_right;
    double seconds; /* to the verdict */
    char name[96];  /* for a reader */
} tally_cell;

typedef struct tally {
    tally_cell *cells;
    size_t count, capacity;
} tally;

/* False, with the tally as it was, when memory ran out. */
bool tally_add(tally *all, const tally_cell *cell);
void tally_free(tally *all);

/* How many cells are clean (leaks: false) or leak (true) in truth. */
size_t tally_count(const tally *all, bool leaks);

/* The lowest and highest share that k of n agrees with; 0 and 1 where n is 0. */
void tally_bounds(size_t k, size_t n, double *ret_low, double *ret_high);

/* The smallest of n values that this share of them does not exceed; sorts them. 0 where n is 0. */
double tally_quantile(double *values, size_t n, double share);

/* The verdict of this name; failed where there is none. */
tally_verdict tally_verdict_of(const char *name);

/* Prints the confusion matrix, the shares and the times. False when memory ran out. */
bool tally_print(const tally *all, FILE *out);

#endif
