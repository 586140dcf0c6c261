/*
 * What a benchmark of verdicts saw, cell by cell, and what follows from it: shares with their 95 % bounds.
 *
 * Bounds of a share are Clopper and Pearson's ("The use of confidence or fiducial limits", Biometrika 26,
 * 1934), two-sided: the shares for which what was seen is not in the outer 2.5 % of the binomial distribution
 * on either side. Bounds of a median are order statistics, by the normal approximation of the binomial
 * distribution.
 */
#ifndef HG_BENCH_ACCURACY_TALLY_H
#define HG_BENCH_ACCURACY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum tally_kind { TALLY_CONTROL, TALLY_LIBRARY, TALLY_TOKA, TALLY_MUTANT } tally_kind;

/* One cell: what is true of it, how it was run, and what heapgate said. */
typedef struct tally_cell {
    tally_kind kind;
    bool leaks; /* in truth */
    bool several_threads, jemalloc, busy;
    bool found, inconclusive, failed; /* said to be a leak; neither leak nor clean */
    bool culprit;                     /* found, and blamed on the right function */
    double rate_error;                /* share of the truth; negative where no rate is known */
    double seconds;                   /* to the verdict */
    char name[96];                    /* for a reader */
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

/* The median of n values and its bounds; sorts them. 0 where n is 0. */
double tally_median(double *values, size_t n, double *ret_low, double *ret_high);

/* Prints the table. False when memory ran out. */
bool tally_print(const tally *all, FILE *out);

#endif
