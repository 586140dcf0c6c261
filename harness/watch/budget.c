#include "watch/budget.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* A look says something when the program has worked for so long since the one before. */
#define LEAST_WORK_NS INT64_C(20000000)

#define FIRST_CALM_NS INT64_C(10000000000)

/* Of fewer than one in so many, the gaps are hardly worth the trouble. */
enum { FEWEST = 8, MOST = 64 };

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

double hg_budget_pair_ns(void)
{
    enum { TRIES = 20, PAIRS = 2000, BYTES = 64 };
    int64_t least = INT64_MAX;
    for (int i = 0; i < TRIES; i++) {
        int64_t begin = now_ns();
        for (int k = 0; k < PAIRS; k++) {
            void *volatile block = malloc(BYTES);
            free(block);
        }
        int64_t took = now_ns() - begin;
        least = took < least ? took : least;
    }
    return fmax((double)least / PAIRS, 1);
}

hg_budget hg_budget_make(double share, double pair_ns)
{
    return (hg_budget){
        .share = share, .pair_ns = pair_ns, .one_in = 1, .most_one_in = 1, .calm_for = FIRST_CALM_NS};
}

/* Of an allocation and its free. */
static double cost_ns(const hg_budget *budget, uint32_t one_in)
{
    double parts = one_in > 1 ? HG_BUDGET_RESTING + HG_BUDGET_FOLLOWED / one_in : HG_BUDGET_COUNTING;
    return parts * budget->pair_ns;
}

/* What the program itself takes, for so many allocations and so much processor time; a part of it at least. */
static double own_ns(const hg_budget *budget, double allocations, double cpu_ns)
{
    return fmax(cpu_ns - allocations * cost_ns(budget, budget->one_in), cpu_ns / 4);
}

/* One in how many is enough for the budget; where none is, one in as many as pays. */
static uint32_t enough(const hg_budget *budget, double allocations, double own, double share)
{
    uint32_t one_in = 1;
    while (one_in < MOST && allocations * cost_ns(budget, one_in) > share * own)
        one_in = one_in == 1 ? FEWEST : 2 * one_in;
    return one_in;
}

uint32_t hg_budget_look(hg_budget *budget, int64_t now, int64_t allocations, int64_t cpu_ns)
{
    double more = (double)(allocations - budget->allocations);
    double worked = (double)(cpu_ns - budget->cpu_ns);
    if (cpu_ns - budget->cpu_ns < LEAST_WORK_NS)
        return budget->one_in;
    double own = own_ns(budget, fmax(more, 0), worked);
    budget->allocations = allocations;
    budget->cpu_ns = cpu_ns;
    budget->own_ns += own;
    budget->spent_ns += fmax(more, 0) * cost_ns(budget, budget->one_in);
    budget->exact_ns += fmax(more, 0) * cost_ns(budget, 1);
    uint32_t wanted = enough(budget, more, own, budget->share);
    if (wanted > budget->one_in)
        return wanted;
    /* With room to spare, so that it lasts. */
    uint32_t calm = enough(budget, more, own, budget->share / 2);
    if (calm >= budget->one_in) {
        budget->calm_since = 0;
        return budget->one_in;
    }
    if (budget->calm_since == 0) {
        budget->calm_since = now;
        budget->calm_one_in = 1;
    }
    budget->calm_one_in = calm > budget->calm_one_in ? calm : budget->calm_one_in;
    return now - budget->calm_since >= budget->calm_for ? budget->calm_one_in : budget->one_in;
}

void hg_budget_follow(hg_budget *budget, int64_t now, uint32_t one_in)
{
    if (one_in < budget->one_in && budget->calm_for < INT64_MAX / 2)
        budget->calm_for *= 2;
    if (one_in > 1 && budget->rested_ns == 0)
        budget->rested_ns = now;
    budget->one_in = one_in;
    budget->most_one_in = one_in > budget->most_one_in ? one_in : budget->most_one_in;
    budget->calm_since = 0;
}

static double part(double of, double whole)
{
    return whole > 0 ? of / whole : 0;
}

double hg_budget_spent(const hg_budget *budget)
{
    return part(budget->spent_ns, budget->own_ns);
}

double hg_budget_exact(const hg_budget *budget)
{
    return part(budget->exact_ns, budget->own_ns);
}
