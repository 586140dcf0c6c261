#include "analysis/unseen.h"

#include "analysis/level.h"
#include <math.h>

bool hg_unseen_is_most(double resident, double counted)
{
    return counted < fmax(HG_LITTLE_COVERED * (resident - HG_LOADER_BYTES), HG_LITTLE_BYTES);
}

/* Of few rounds no test tells a trend, but growth in each of them is one. */
static bool climbs(const hg_unseen_series *series)
{
    for (uint32_t i = series->warmup + 1; i < series->count; i++)
        if (series->values[i] <= series->values[i - 1])
            return false;
    return true;
}

static double between(const int64_t *values, uint32_t from, uint32_t to)
{
    return (double)(values[to] - values[from]);
}

hg_unseen hg_unseen_of(const hg_unseen_series *series)
{
    const int64_t *values = series->values;
    uint32_t end = series->count - 1;
    uint32_t middle = series->warmup + (series->count - series->warmup) / 2;
    hg_level whole = hg_level_of(values, series->ops, series->count, series->warmup);
    hg_level first = hg_level_of(values, series->ops, middle, series->warmup);
    hg_level last = hg_level_of(values, series->ops, series->count, middle);
    double ops = between(series->ops, series->warmup, end);
    /* Where the machine is busy, a program grows in some rounds, and not in most. */
    double grown = fmax(whole.per_op * ops, between(values, series->warmup, end));
    double kept = HG_KEPT_BLOCKS * series->largest_block;
    bool is_large = grown > HG_UNSEEN_BYTES + kept && grown > HG_UNSEEN_SHARE * series->resident;
    /* An allocator keeps some free blocks of each size for each thread. */
    double threads = fmax(1, series->threads);
    bool is_pool = series->counted < 0 ? grown > HG_UNSEEN_ARENA_BYTES
                                       : hg_unseen_is_most(series->resident, series->counted) &&
                                             grown > HG_UNSEEN_POOL_BYTES * threads + kept;
    /* What bends a little is alike from round to round, and passes the test of the trend only if it is
     * long. */
    double early = between(values, series->warmup, middle);
    double late = between(values, middle, end);
    /* Blocks that come and go between the moment when they are counted and that of a look at resident memory
     * make it swing, and it returns. */
    bool is_lifted = isinf(whole.swing_bytes);
    bool is_steady = is_lifted && (first.per_op > whole.per_op / 3 || early > (early + late) / 4);
    bool goes_on = last.per_op > whole.per_op / 3 || late > (early + late) / 4;
    /* Pools that fragment grow less and less. */
    bool is_even = first.per_op > whole.per_op / 2 && last.per_op > whole.per_op / 2 &&
                   grown > HG_UNSEEN_EVEN_BYTES * threads + kept &&
                   grown > HG_UNSEEN_SHARE / 2 * series->resident;
    bool is_trend = whole.rises || climbs(series);
    double per_op = ops > 0 ? grown / ops : 0;
    return (hg_unseen){
        .grows = goes_on && ((is_steady && is_large) || (is_trend && (is_large || is_pool || is_even))) &&
                 per_op > series->max_per_op,
        .much = grown > HG_UNSEEN_MUCH,
        .inside = series->inside,
        .per_op = per_op,
    };
}

hg_unseen hg_unseen_of_held(const hg_unseen_series *series)
{
    uint32_t end = series->count - 1;
    if (series->count < series->warmup + 2)
        return (hg_unseen){0};
    uint32_t middle = series->warmup + (series->count - series->warmup) / 2;
    double grown = between(series->values, series->warmup, end);
    double late = between(series->values, middle, end);
    double ops = between(series->ops, series->warmup, end);
    double per_op = ops > 0 ? grown / ops : 0;
    bool is_trend =
        hg_level_of(series->values, series->ops, series->count, series->warmup).rises || climbs(series);
    return (hg_unseen){
        .grows = is_trend && grown > series->noise && late > grown / 4 && per_op > series->max_per_op,
        .much = grown > HG_UNSEEN_MUCH,
        .per_op = per_op,
    };
}
