/*
 * How much of a program's processor time counting may take, and how many of its allocations are followed for
 * that.
 *
 * What an allocation with its free costs is known beforehand, as a multiple of what the C library takes for the
 * same on this machine: ./dev bench instructions says how many instructions the probe adds. How many there are
 * is seen while the program runs. So the cost of any choice is known from a look at the program, and nothing
 * is tried out.
 *
 * All are followed as long as the budget allows it. Once it does not, one in so many is: as few as needed, but
 * no fewer than pays: what is left then is what it costs to look at each free. When the program has been calm
 * for some time, more are followed again; each time has to be twice as long as the one before, so that a
 * program that changes on and on does not use up the epochs of its record.
 *
 * Pure but for hg_budget_pair_ns. One thread.
 */
#ifndef HG_WATCH_BUDGET_H
#define HG_WATCH_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Of what the C library takes for a malloc and its free: what the probe adds if it counts all; to each if it
 * follows some; and to each that it follows then, whose stack and counters it does not find near. */
#define HG_BUDGET_COUNTING 1.2
#define HG_BUDGET_RESTING  0.16
#define HG_BUDGET_FOLLOWED 5.0

typedef struct hg_budget {
    double share;                 /* of the program's own processor time; 0: there is no budget */
    double pair_ns;               /* that the C library takes for a malloc and its free */
    uint32_t one_in, most_one_in; /* now; and at most, so far */
    int64_t allocations, cpu_ns;  /* at the last look */
    int64_t calm_since, calm_for; /* ns; how long it has to last */
    uint32_t calm_one_in;         /* that would have been enough since */
    double own_ns, spent_ns,
        exact_ns;      /* since the start: the program's, what counting took, and would have */
    int64_t rested_ns; /* when not all were followed for the first time; 0: never */
} hg_budget;

/* In this process; the least of several tries. */
double hg_budget_pair_ns(void);

hg_budget hg_budget_make(double share, double pair_ns);

/*
 * A look at the program: its allocations and its processor time so far. Gives one in how many should be
 * followed from now on; the caller says with hg_budget_follow what became of it.
 */
uint32_t hg_budget_look(hg_budget *budget, int64_t now_ns, int64_t allocations, int64_t cpu_ns);
void hg_budget_follow(hg_budget *budget, int64_t now_ns, uint32_t one_in);

/* Shares of the program's own processor time, since the start. */
double hg_budget_spent(const hg_budget *budget);
double hg_budget_exact(const hg_budget *budget);

#endif
