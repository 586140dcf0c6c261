/* What the tables of ./dev bench overhead and ./dev bench depth have in common. Not thread-safe. */
#ifndef BENCH_OVERHEAD_FIGURES_H
#define BENCH_OVERHEAD_FIGURES_H

enum { FIGURES_MOST_ROUNDS = 49 };

/* Sorts the values in place; count: 1 to FIGURES_MOST_ROUNDS. */
double figures_median(double *values, int count);

/* A line with the date, the processor, the kernel, what else the machine was doing, and the number of
 * rounds. */
void figures_print_machine(int rounds);

#endif
