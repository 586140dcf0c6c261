#include "looks.h"

#include "call_path.h"
#include <math.h>

/* A rate that is known to within this share is good enough. */
#define GOOD_RATE 0.02

/* All growth of a cell at one call path, whatever its lines. */
static double growth_at(const hg_cell *cell, const hg_site *path, double *ret_variance)
{
    double sum = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->bytes_per_op <= 0 || !hg_same_call_path(site, path))
            continue;
        sum += site->bytes_per_op;
        *ret_variance += site->bytes_per_op_error * site->bytes_per_op_error;
    }
    return sum;
}

/* The same rate: within a quarter, for what the rounds are too coarse to tell, and four errors. */
static bool is_same_rate(const hg_cell *before, const hg_cell *now, const hg_site *path)
{
    double variance = 0;
    double was = growth_at(before, path, &variance);
    double is = growth_at(now, path, &variance);
    return was > 0 && fabs(is - was) <= 0.25 * fmax(is, was) + 4 * sqrt(variance);
}

bool hg_look_confirms(const hg_cell *before, const hg_cell *now)
{
    double leaking = 0;
    double confirmed = 0;
    for (size_t i = 0; i < now->site_count; i++) {
        const hg_site *site = &now->sites[i];
        if (site->growth_class != HG_CLASS_LEAK)
            continue;
        leaking += site->bytes_per_op;
        confirmed += is_same_rate(before, now, site) ? site->bytes_per_op : 0;
    }
    /* Open files, threads and growth spread thinly have no call path. */
    return leaking > 0 ? 2 * confirmed >= leaking : before->verdict == HG_VERDICT_LEAK;
}

bool hg_look_fades(const double rates[HG_MOST_LOOKS])
{
    const double least_fall = 3;
    bool fades = true;
    for (uint32_t i = HG_MOST_LOOKS - 2; i < HG_MOST_LOOKS; i++)
        fades = fades && rates[i - 1] > 0 && least_fall * rates[i] <= rates[i - 1];
    return fades;
}

static hg_next_look after_leak(const hg_look *look, bool cheap)
{
    bool vague = look->now->bytes_per_op_error > GOOD_RATE * look->now->bytes_per_op;
    if (look->now->expect == HG_EXPECT_LEAK)
        return cheap && vague ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    if (look->before && hg_look_confirms(look->before, look->now))
        return cheap ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    return look->number < HG_MOST_LOOKS ? HG_LOOK_AGAIN : HG_LOOK_DOUBT;
}

static hg_next_look after_clean(const hg_look *look, bool cheap)
{
    bool changed = look->before && look->before->verdict == HG_VERDICT_LEAK;
    bool missed = look->now->expect == HG_EXPECT_LEAK && look->number == 1;
    if (changed && look->number == HG_MOST_LOOKS)
        return HG_LOOK_DOUBT;
    if (changed || missed)
        return HG_LOOK_AGAIN;
    return cheap ? HG_LOOK_FURTHER : HG_LOOK_DONE;
}

hg_next_look hg_look_next(const hg_look *look)
{
    bool cheap =
        look->number < HG_CHEAP_LOOKS && look->allocations <= HG_CHEAP_ALLOCATIONS / (int64_t)HG_LOOK_FACTOR;
    switch (look->now->verdict) {
    case HG_VERDICT_LEAK:
        return after_leak(look, cheap);
    case HG_VERDICT_CLEAN:
        return after_clean(look, cheap);
    case HG_VERDICT_INCONCLUSIVE:
        return look->thin && look->number < HG_MOST_LOOKS ? HG_LOOK_AGAIN : HG_LOOK_DONE;
    default:
        return HG_LOOK_DONE;
    }
}
