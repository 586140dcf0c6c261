#include "watch/budget.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* A look says something when the program has worked for so long since the one before. */
#define LEAST_WORK_NS INT64_C(20000000)

#define FIRST_CALM_NS INT64_C(10000000000)

/* One in less would cost hardly less than all. */
enum { LEAST_ONE_IN = 8 };

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

/* What a program did between two looks. */
typedef struct done {
    double allocations, worked_ns, stacks, walks;
} done;

static done done_since(const hg_budget_seen *before, const hg_budget_seen *now)
{
    return (done){.allocations = fmax((double)(now->allocations - before->allocations), 0),
                  .worked_ns = (double)(now->cpu_ns - before->cpu_ns),
                  .stacks = fmax((double)now->stacks, HG_BUDGET_STACKS),
                  .walks = fmax((double)(now->walks - before->walks), 0)};
}

/* What counting takes for that if one in so many is followed. */
static double cost_ns(const hg_budget *budget, const done *what, uint32_t one_in)
{
    double far = HG_BUDGET_FAR * log10(what->stacks / HG_BUDGET_STACKS);
    double each =
        one_in > 1 ? HG_BUDGET_RESTING + (HG_BUDGET_FOLLOWED + far) / one_in : HG_BUDGET_COUNTING + far;
    return (what->allocations * each + what->walks * HG_BUDGET_WALK) * budget->pair_ns;
}

/* One in how many is enough for the budget; where none is, one in as many as pays. */
static uint32_t enough(const hg_budget *budget, const done *what, double own_ns, double share)
{
    uint32_t one_in = 1;
    while (one_in < HG_BUDGET_MOST_ONE_IN && cost_ns(budget, what, one_in) > share * own_ns)
        one_in = one_in == 1 ? LEAST_ONE_IN : 2 * one_in;
    return one_in;
}

/* Waits until the program has been calm for long enough. */
static uint32_t follow_more(hg_budget *budget, int64_t now, uint32_t calm)
{
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

uint32_t hg_budget_look(hg_budget *budget, int64_t now, const hg_budget_seen *seen)
{
    if (seen->cpu_ns - budget->before.cpu_ns < LEAST_WORK_NS)
        return budget->one_in;
    done what = done_since(&budget->before, seen);
    budget->before = *seen;
    double spent = cost_ns(budget, &what, budget->one_in);
    /* Of the program itself, a part of it at least. */
    double own = fmax(what.worked_ns - spent, what.worked_ns / 4);
    budget->own_ns += own;
    budget->spent_ns += spent;
    budget->exact_ns += cost_ns(budget, &what, 1);
    uint32_t wanted = enough(budget, &what, own, budget->share);
    /* With room to spare, so that it lasts. */
    return wanted > budget->one_in ? wanted
                                   : follow_more(budget, now, enough(budget, &what, own, budget->share / 2));
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
