#include "holders/enough_ops.h"

#include <math.h>

/* A run that allocates so often takes a quarter of a second, and is made whole. */
static const double cheap_allocations = 500000;

/* A picture of fewer blocks than CLEAR_BLOCKS is not clear. All growth together is to have left
 * ENOUGH_BLOCKS, and blocks that come and go are to have been replaced LIFETIMES times. */
enum { CLEAR_BLOCKS = 16, ENOUGH_BLOCKS = 1000, LIFETIMES = 3 };

/* A site that has less of the growth than this needs no clear picture of its own. */
static const double small_share = 0.01;

/* Of the blocks that come and go, so many stay longer than the others: a cache keeps what is used often. */
static const double old_share = 0.1;

static double blocks_of(const hg_site *site)
{
    double sum = 0;
    for (size_t i = 0; i < site->epoch_count; i++)
        sum += (double)site->survivor_blocks[i];
    return sum;
}

/* When so many of the site's blocks had been born that are alive at the end, in ops; INFINITY: never. */
static double ops_of_birth(const hg_cell *cell, const hg_site *site, double blocks)
{
    double born = 0;
    for (size_t i = 0; i < site->epoch_count && i < cell->sample_count; i++) {
        double more = (double)site->survivor_blocks[i];
        double begin = i > 0 ? (double)cell->samples[i - 1].ops : 0;
        double end = (double)cell->samples[i].ops;
        if (more > 0 && born + more >= blocks)
            return begin + (end - begin) * (blocks - born) / more;
        born += more;
    }
    return INFINITY;
}

static double ops_for_leak(const hg_cell *cell, const hg_site *site)
{
    double share = cell->bytes_per_op > 0 ? site->bytes_per_op / cell->bytes_per_op : 1;
    return share < small_share ? 0 : ops_of_birth(cell, site, fmax(CLEAR_BLOCKS, share * ENOUGH_BLOCKS));
}

static double ops_for_turnover(const hg_cell *cell, const hg_site *site)
{
    double blocks = blocks_of(site);
    double all = (double)cell->samples[cell->sample_count - 1].ops;
    if (blocks < (cell->verdict == HG_VERDICT_CLEAN ? 1 : CLEAR_BLOCKS))
        return 0;
    return LIFETIMES * (all - ops_of_birth(cell, site, old_share * blocks));
}

/* Since the start, warm-up and all. INFINITY: more than the last look had, or not known. */
static double ops_for_sites(const hg_cell *cell)
{
    double most = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->growth_class == HG_CLASS_FILLING)
            return INFINITY;
        if (site->growth_class == HG_CLASS_LEAK)
            most = fmax(most, ops_for_leak(cell, site));
        else if (site->growth_class == HG_CLASS_BOUNDED)
            most = fmax(most, ops_for_turnover(cell, site));
    }
    return most;
}

static uint64_t whole_ops(const hg_cell *cell, const hg_cell_plan *plan)
{
    hg_run_plan first = hg_cell_plan_run(plan, 0);
    uint64_t ops = first.round_ops * first.rounds;
    if (cell->ops > 0 && cell->ops < (int64_t)ops) /* slow ops, or a limit of the system */
        ops = (uint64_t)cell->ops;
    double blocks = 0;
    for (size_t i = 0; i < cell->site_count; i++)
        blocks = fmax(blocks, cell->sites[i].blocks_per_op * (double)ops);
    return cell->verdict == HG_VERDICT_LEAK && blocks < CLEAR_BLOCKS && cell->ops > (int64_t)ops
               ? (uint64_t)cell->ops
               : ops;
}

uint64_t hg_holders_enough_ops(const hg_cell *cell, const hg_cell_plan *plan, bool whole)
{
    uint64_t ops = whole_ops(cell, plan);
    const hg_sample *last = cell->sample_count > 0 ? &cell->samples[cell->sample_count - 1] : NULL;
    if (whole || !last || last->allocations <= 0 ||
        (cell->verdict != HG_VERDICT_LEAK && cell->verdict != HG_VERDICT_CLEAN))
        return ops;
    double cheap = cheap_allocations * (double)last->ops / (double)last->allocations;
    double enough = fmax(cheap, ops_for_sites(cell));
    double share = (double)plan->rounds / (plan->rounds + HG_WARMUP_ROUNDS);
    /* A warm-up that is longer than its share of these ops is made whole. */
    double measured = fmin(enough * share, enough - (double)hg_cell_plan_warmup(plan));
    return measured < (double)ops ? (uint64_t)fmax(measured, plan->rounds) : ops;
}
