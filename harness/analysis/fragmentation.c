#include "analysis/fragmentation.h"

#include "analysis/growth.h"
#include <math.h>

/* Less than this is how allocators take memory from the system, or share it among arenas. */
static const double least_growth = 1 << 20;
static const double least_share = 0.05;

/* Of the growth of what is held: so much must be room that is not handed out. */
static const double least_slack = 0.75;

bool hg_fragmentation_can_be_told(const hg_cell *cell)
{
    if (cell->warmup_rounds < 1 || cell->sample_count > HG_MAX_ROUNDS ||
        (size_t)cell->warmup_rounds >= cell->sample_count)
        return false;
    for (size_t i = 0; i < cell->sample_count; i++)
        if (cell->samples[i].mapped_bytes < 0 || cell->samples[i].allocated_bytes < 0)
            return false;
    return true;
}

static bool is_steady(const int64_t *values, const hg_cell *cell)
{
    int64_t ops[HG_MAX_ROUNDS];
    for (size_t i = 0; i < cell->sample_count; i++)
        ops[i] = cell->samples[i].ops;
    hg_growth growth =
        hg_growth_of_series(values, ops, (uint32_t)cell->sample_count, (uint32_t)cell->warmup_rounds);
    return growth.growth_class == HG_CLASS_LEAK;
}

hg_fragmentation hg_fragmentation_of(const hg_cell *cell)
{
    hg_fragmentation result = {0};
    int64_t held[HG_MAX_ROUNDS] = {0};
    int64_t slack[HG_MAX_ROUNDS] = {0};
    if (!hg_fragmentation_can_be_told(cell))
        return result;
    for (size_t i = 0; i < cell->sample_count; i++) {
        held[i] = cell->samples[i].mapped_bytes;
        slack[i] = held[i] - cell->samples[i].allocated_bytes;
    }
    size_t begin = (size_t)cell->warmup_rounds - 1;
    size_t end = cell->sample_count - 1;
    double growth = (double)(held[end] - held[begin]);
    double ops = (double)(cell->samples[end].ops - cell->samples[begin].ops);
    if (ops <= 0 || growth < fmax(least_growth, least_share * (double)held[begin]) ||
        (double)(slack[end] - slack[begin]) < least_slack * growth || !is_steady(held, cell) ||
        !is_steady(slack, cell))
        return result;
    return (hg_fragmentation){
        .grows = true, .bytes_per_op = growth / ops, .begin_bytes = held[begin], .end_bytes = held[end]};
}

bool hg_fragmentation_confirms(const hg_cell *before, const hg_cell *now)
{
    double was = hg_fragmentation_of(before).bytes_per_op;
    double is = hg_fragmentation_of(now).bytes_per_op;
    return was > 0 && is > 0 && fabs(is - was) <= 0.25 * fmax(is, was);
}
