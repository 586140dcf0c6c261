/*
 * How much of a program's processor time counting may take, and how many of its allocations are followed for
 * that.
 *
 * What an allocation with its free costs is estimated beforehand, as a multiple of what the C library takes
 * for the same on this machine. How many there are, and by how many stacks, is seen while the program runs.
 * So a look at the program gives an estimate of the cost of any choice, and nothing is tried out.
 *
 * All are followed as long as the budget allows it. Once it does not, one in so many is: as few as needed,
 * but no fewer than pays: what is left then is what it costs to look at each free. When the program has been
 * calm for some time, more are followed again; each time has to be twice as long as the one before, so that a
 * program that changes on and on does not use up the epochs of its record.
 *
 * Pure but for hg_budget_pair_ns. One thread.
 */
#ifndef HG_WATCH_BUDGET_H
#define HG_WATCH_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Of what the C library takes for a malloc and its free: what the probe adds if it counts all; for each ten
 * times as many stacks as HG_BUDGET_STACKS, which are no longer near then; if it follows some, to each; and
 * to each that it follows then, of which nothing is near; and for the first use of a stack. Meant to be too
 * high rather than too low; ./dev bench budget shows them beside what was measured.
 */
#define HG_BUDGET_COUNTING 1.5
#define HG_BUDGET_FAR      2.0
#define HG_BUDGET_STACKS   1000.0
#define HG_BUDGET_RESTING  0.2
#define HG_BUDGET_FOLLOWED 6.0
#define HG_BUDGET_WALK     300.0

/* Of fewer, it would cost hardly less. */
#define HG_BUDGET_MOST_ONE_IN 64u

/* Of a program, since its start. */
typedef struct hg_budget_seen {
    int64_t allocations, cpu_ns;
    int64_t stacks, walks; /* that are known; and first uses of one */
} hg_budget_seen;

typedef struct hg_budget {
    double share;                 /* of the program's own processor time; 0: there is no budget */
    double pair_ns;               /* that the C library takes for a malloc and its free */
    uint32_t one_in, most_one_in; /* now; and at most, so far */
    hg_budget_seen before;        /* at the last look */
    int64_t calm_since, calm_for; /* ns; how long it has to last */
    uint32_t calm_one_in;         /* that would have been enough since */
    /* Since the start: the program's own time, what counting took, and would have taken of all. */
    double own_ns, spent_ns, exact_ns;
    int64_t rested_ns; /* when not all were followed for the first time; 0: never */
} hg_budget;

/* In this process; the least of several tries. */
double hg_budget_pair_ns(void);

hg_budget hg_budget_make(double share, double pair_ns);

/*
 * A look at the program. Gives one in how many should be followed from now on; the caller says with
 * hg_budget_follow what became of it.
 */
uint32_t hg_budget_look(hg_budget *budget, int64_t now_ns, const hg_budget_seen *seen);
void hg_budget_follow(hg_budget *budget, int64_t now_ns, uint32_t one_in);

/* Shares of the program's own processor time, since the start. */
double hg_budget_spent(const hg_budget *budget);
double hg_budget_exact(const hg_budget *budget);

#endif
