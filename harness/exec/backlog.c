#include "exec/backlog.h"

#include "analysis/growth.h"
#include "analysis/level.h"
#include <math.h>

/* Where the values rise from `from` on, surely and in both halves alike, to most of what they come to; the
 * rate. */
static bool rises_all_along(const int64_t *values, const int64_t *ops, uint32_t from, uint32_t count,
                            hg_level *ret_level)
{
    enum { LEAST = 16, ERRORS = 5 };
    const double least_share = 0.6; /* of the rate, in each half; and of the most that was alive */
    if (count < from + LEAST)
        return false;
    uint32_t middle = from + (count - from) / 2;
    hg_level whole = hg_level_of(values, ops, count, from);
    hg_level first = hg_level_of(values, ops, middle, from);
    hg_level second = hg_level_of(values, ops, count, middle);
    *ret_level = whole;
    return whole.rises && whole.per_op >= ERRORS * whole.error &&
           fmin(first.per_op, second.per_op) >= least_share * whole.per_op &&
           fmax(first.per_op, second.per_op) <= whole.per_op / least_share &&
           whole.per_op * (double)(ops[count - 1] - ops[from]) >= least_share * (double)values[count - 1];
}

/*
 * Whether the values rise by as much for each allocation in each quarter of the rounds, to within a share of
 * all of the growth, and to most of what they come to.
 */
static bool rises_by_allocations(const int64_t *values, const hg_cell *cell, double alike)
{
    enum { PARTS = 4 };
    const double least_share = 0.5;
    size_t from = (size_t)cell->warmup_rounds;
    size_t last = cell->sample_count - 1;
    double grown = (double)(values[last] - values[from]);
    double calls = (double)(cell->samples[last].allocations - cell->samples[from].allocations);
    if (calls <= 0 || grown < least_share * (double)values[last])
        return false;
    for (size_t i = 0; i < PARTS; i++) {
        size_t begin = from + (last - from) * i / PARTS;
        size_t end = from + (last - from) * (i + 1) / PARTS;
        double share = (double)(cell->samples[end].allocations - cell->samples[begin].allocations) / calls;
        if (fabs((double)(values[end] - values[begin]) - share * grown) > alike * grown / PARTS)
            return false;
    }
    return true;
}

/* How much fewer allocations the second half of the rounds has, as a share. */
static double fewer_in_the_second_half(const hg_cell *cell)
{
    const hg_sample *first = &cell->samples[cell->warmup_rounds];
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    const hg_sample *middle = first + (last - first) / 2;
    int64_t before = middle->allocations - first->allocations;
    return before > 0 ? 1 - (double)(last->allocations - middle->allocations) / (double)before : 0;
}

/* How far off the quarters may be: much less than those of a cache that fills by as many allocations. */
static double tolerance(double fewer)
{
    const double off = 1.0 / 3;
    const double most = 0.15;
    return fmin(off * fewer, most);
}

bool hg_backlog_slows_down(const hg_cell *cell)
{
    const double least = 0.1;
    int64_t values[HG_MAX_EPOCHS] = {0};
    double fewer = fewer_in_the_second_half(cell);
    if (cell->sample_count > HG_MAX_EPOCHS || fewer < least)
        return false;
    for (size_t i = 0; i < cell->sample_count; i++)
        values[i] = cell->samples[i].live_bytes;
    return rises_by_allocations(values, cell, tolerance(fewer));
}

/*
 * By the clock, a leak follows the program's work: it pauses, and slows down, as that does. A cache that
 * fills slows down, too; if it is all that allocates, its allocations become fewer with it.
 */
static bool follows_the_work(const hg_cell *cell, const hg_site *site)
{
    const double steady = 0.15;
    const double least_active = 0.1; /* of all allocations, in the last third */
    const hg_sample *first = &cell->samples[cell->warmup_rounds];
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    const hg_sample *late = last - (last - first) / 3;
    double calls = (double)(last->allocations - first->allocations);
    if ((double)(last->allocations - late->allocations) < least_active * calls)
        return false;
    double fewer = fewer_in_the_second_half(cell);
    if (site->growth_class != HG_CLASS_FILLING)
        return rises_by_allocations(site->total_bytes, cell, steady);
    return 2 * (double)(last->live_blocks - first->live_blocks) <= calls && fewer > 0 &&
           rises_by_allocations(site->total_bytes, cell, tolerance(fewer));
}

/* Allocations from one sample to a later one, by op. */
static double allocations_per_op(const hg_sample *from, const hg_sample *to)
{
    return (double)(to->allocations - from->allocations) / fmax((double)(to->ops - from->ops), 1);
}

/*
 * Whether what is alive rises as the program allocates more often: blocks that live for a time are as many as
 * come in that time (Little's law). In a queue that is served too slowly they live longer and longer.
 */
static bool rises_with_the_load(const int64_t *values, const hg_cell *cell)
{
    const double most_of_it = 0.6;
    const double surely_more = 1.5;
    const hg_sample *first = &cell->samples[cell->warmup_rounds];
    const hg_sample *last = &cell->samples[cell->sample_count - 1];
    const ptrdiff_t quarter = (last - first) / 4;
    double alive = 0, alive_at_first = 0;
    for (ptrdiff_t i = 0; i < quarter; i++) {
        alive_at_first += (double)values[first + 1 + i - cell->samples];
        alive += (double)values[last - i - cell->samples];
    }
    double before = allocations_per_op(first, first + quarter);
    double now = allocations_per_op(last - quarter, last);
    return before > 0 && now >= surely_more * before && now * alive_at_first >= most_of_it * alive * before;
}

/* The call path that gained most. */
static hg_site *find_largest(const hg_cell *cell)
{
    hg_site *largest = NULL;
    int64_t most = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        hg_site *site = &cell->sites[i];
        if (site->epoch_count != cell->sample_count || !site->total_bytes)
            continue;
        int64_t gained = site->total_bytes[cell->sample_count - 1] - site->total_bytes[cell->warmup_rounds];
        if (gained > most) {
            most = gained;
            largest = site;
        }
    }
    return largest;
}

typedef enum backlog {
    BACKLOG_NONE,
    BACKLOG_QUEUE,
    BACKLOG_WORK,
} backlog;

static backlog find_backlog(const hg_cells_plan *how, const hg_watched *watched, const hg_cell *cell,
                            const hg_site *site, double *ret_error)
{
    const double nearly_all = 0.8;
    const int64_t few_blocks = 64;
    int64_t values[HG_MAX_EPOCHS] = {0};
    int64_t ops[HG_MAX_EPOCHS] = {0};
    uint32_t warmup = (uint32_t)cell->warmup_rounds;
    uint32_t count = (uint32_t)cell->sample_count;
    hg_level whole, of_site;
    if (cell->verdict != HG_VERDICT_INCONCLUSIVE || !site || site->growth_class == HG_CLASS_LEAK ||
        watched->own.what || watched->gave_back || count > HG_MAX_EPOCHS || count <= warmup)
        return BACKLOG_NONE;
    for (uint32_t i = 0; i < count; i++) {
        values[i] = cell->samples[i].live_bytes;
        ops[i] = cell->samples[i].ops;
    }
    if (site->growth_class == HG_CLASS_BOUNDED && rises_all_along(values, ops, warmup, count, &whole) &&
        rises_all_along(site->total_bytes, ops, warmup, count, &of_site) &&
        of_site.per_op >= nearly_all * whole.per_op && !rises_with_the_load(site->total_bytes, cell)) {
        *ret_error = of_site.error;
        return BACKLOG_QUEUE;
    }
    *ret_error = 0; /* counted block by block */
    double gained = (double)(site->total_bytes[count - 1] - site->total_bytes[warmup]);
    return how->plan->pace == HG_ROUND_END_TIME && site->live_blocks >= few_blocks &&
                   gained >= nearly_all * (double)(values[count - 1] - values[warmup]) &&
                   follows_the_work(cell, site)
               ? BACKLOG_WORK
               : BACKLOG_NONE;
}

bool hg_backlog_note(const hg_cells_plan *how, const hg_watched *watched, hg_cell *cell)
{
    hg_site *site = find_largest(cell);
    double error;
    backlog found = find_backlog(how, watched, cell, site, &error);
    if (found == BACKLOG_NONE)
        return true;
    size_t last = cell->sample_count - 1;
    size_t warmup = (size_t)cell->warmup_rounds;
    int64_t ops = cell->samples[last].ops - cell->samples[warmup].ops;
    double per_op =
        (double)(site->total_bytes[last] - site->total_bytes[warmup]) / (double)(ops > 0 ? ops : 1);
    double per_block = (double)site->live_bytes / fmax((double)site->live_blocks, 1);
    if (per_op <= how->max_bytes_per_op)
        return true;
    hg_site grown = *site;
    *site = cell->sites[0];
    grown.growth_class = HG_CLASS_LEAK;
    grown.bytes_per_op = per_op;
    grown.bytes_per_op_error = error;
    grown.blocks_per_op = per_block > 0 ? per_op / per_block : 0;
    cell->sites[0] = grown;
    cell->verdict = HG_VERDICT_LEAK;
    cell->bytes_per_op = grown.bytes_per_op;
    cell->bytes_per_op_error = grown.bytes_per_op_error;
    cell->blocks_per_op = grown.blocks_per_op;
    return hg_cell_set(
        &cell->reason,
        found == BACKLOG_QUEUE
            ? "1 call path grows all along, though its blocks are freed later on, as a queue that is "
              "served too slowly does"
            : "1 call path grows by as much for each allocation of the program, which did not work "
              "at one pace");
}

/* Whether hardly anything of the first third of the rounds is alive: its blocks live for a while. */
static bool lets_go(const hg_cell *cell, const hg_site *site)
{
    const double hardly = 0.02;
    size_t from = (size_t)cell->warmup_rounds;
    size_t third = from + (site->epoch_count - from) / 3;
    double early = 0, all = 0;
    for (size_t i = from; i < site->epoch_count; i++) {
        all += (double)site->survivor_blocks[i];
        early += i < third ? (double)site->survivor_blocks[i] : 0;
    }
    return early <= hardly * all;
}

bool hg_backlog_doubt_ramp(hg_cell *cell)
{
    size_t leaks = hg_cell_leaks(cell);
    bool all = cell->verdict == HG_VERDICT_LEAK && leaks > 0;
    for (size_t i = 0; i < leaks && all; i++)
        all = cell->sites[i].epoch_count == cell->sample_count && cell->sites[i].total_bytes &&
              cell->sites[i].survivor_blocks && lets_go(cell, &cell->sites[i]) &&
              rises_with_the_load(cell->sites[i].total_bytes, cell);
    if (!all)
        return true;
    cell->verdict = HG_VERDICT_INCONCLUSIVE;
    return hg_cell_say(
        &cell->reason,
        "%s; but the program allocates more and more often, and what lives for a while becomes "
        "more as well: measure it under a steady load",
        cell->reason);
}
