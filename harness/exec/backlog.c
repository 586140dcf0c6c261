#include "exec/backlog.h"

#include "analysis/growth.h"
#include "analysis/level.h"
#include <math.h>

/* The rate of what was alive at these checkpoints, per op. */
static hg_level level_of(const int64_t *values, const int64_t *ops, uint32_t from, uint32_t to)
{
    return hg_level_of(values + from, ops + from, to - from, 0);
}

/* Where the values rise from `from` on, surely and in both halves alike, to most of what they come to; the rate. */
static bool rises_all_along(const int64_t *values, const int64_t *ops, uint32_t from, uint32_t count,
                            hg_level *ret_level)
{
    enum { LEAST = 16, ERRORS = 5 };
    const double least_share = 0.6; /* of the rate, in each half; and of the most that was alive */
    if (count < from + LEAST)
        return false;
    uint32_t middle = from + (count - from) / 2;
    hg_level whole = level_of(values, ops, from, count);
    hg_level first = level_of(values, ops, from, middle);
    hg_level second = level_of(values, ops, middle, count);
    *ret_level = whole;
    return whole.rises && whole.per_op >= ERRORS * whole.error &&
           fmin(first.per_op, second.per_op) >= least_share * whole.per_op &&
           fmax(first.per_op, second.per_op) <= whole.per_op / least_share &&
           whole.per_op * (double)(ops[count - 1] - ops[from]) >= least_share * (double)values[count - 1];
}

static bool is_backlog(const hg_watched *watched, const hg_cell *cell, hg_level *ret_level)
{
    const double nearly_all = 0.8;
    const hg_site *site = cell->sites;
    int64_t values[HG_MAX_EPOCHS];
    int64_t ops[HG_MAX_EPOCHS];
    uint32_t warmup = (uint32_t)cell->warmup_rounds;
    uint32_t count = (uint32_t)cell->sample_count;
    hg_level of_site;
    if (cell->verdict != HG_VERDICT_INCONCLUSIVE || cell->site_count == 0 || watched->own.what ||
        watched->gave_back || site->growth_class != HG_CLASS_BOUNDED || count > HG_MAX_EPOCHS ||
        site->epoch_count != count || !site->total_bytes)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        values[i] = cell->samples[i].live_bytes;
        ops[i] = cell->samples[i].ops;
    }
    return rises_all_along(values, ops, warmup, count, ret_level) &&
           rises_all_along(site->total_bytes, ops, warmup, count, &of_site) &&
           of_site.per_op >= nearly_all * ret_level->per_op;
}

bool hg_backlog_note(const hg_cells_plan *how, const hg_watched *watched, hg_cell *cell)
{
    hg_level level;
    if (!is_backlog(watched, cell, &level) || level.per_op <= how->max_bytes_per_op)
        return true;
    hg_site *site = cell->sites;
    double per_block = (double)site->live_bytes / fmax((double)site->live_blocks, 1);
    cell->verdict = HG_VERDICT_LEAK;
    site->growth_class = HG_CLASS_LEAK;
    cell->bytes_per_op = site->bytes_per_op = level.per_op;
    cell->bytes_per_op_error = site->bytes_per_op_error = level.error;
    cell->blocks_per_op = site->blocks_per_op = per_block > 0 ? level.per_op / per_block : 0;
    return hg_cell_set(
        &cell->reason,
        "1 call path grows all along, though its blocks are freed later on, as a queue that is served "
        "too slowly does");
}
