#include "analysis/confirm.h"

#include "analysis/call_path.h"
#include <math.h>
#include <stdlib.h>

static int line_of(const hg_site *site)
{
    return site->frame_count > 0 ? site->frames[0].line : 0;
}

/* All growth of a cell at one call path, whatever its lines or at the same line alone. */
static double growth_at(const hg_cell *cell, const hg_site *path, bool same_line, double *ret_variance)
{
    double sum = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->bytes_per_op <= 0 || !hg_same_call_path(site, path) ||
            (same_line && line_of(site) != line_of(path)))
            continue;
        sum += site->bytes_per_op;
        *ret_variance += site->bytes_per_op_error * site->bytes_per_op_error;
    }
    return sum;
}

/*
 * By more than chance, and by more than growth that is as good as steady: the power 0.96 of the ops. Had the
 * rate been the slower one all the time, its error before would have been smaller, too, like that of a
 * number of blocks.
 */
static bool slows(double was, double was_error, double is, double is_error)
{
    return is < 0.95 * was && was - is > HG_SURE_ERRORS * hypot(was_error * sqrt(is / was), is_error);
}

/*
 * The same rate: within a quarter, for what the rounds are too coarse to tell, and four errors. Growth that
 * falls within the look makes its own error large, and would pass by that; so it may not have halved, either,
 * but for the chance of few blocks.
 */
static bool is_same_rate(const hg_cell *before, const hg_cell *now, const hg_site *path, bool same_line)
{
    double was_variance = 0;
    double variance = 0;
    double was = growth_at(before, path, same_line, &was_variance);
    double is = growth_at(now, path, same_line, &variance);
    double blocks = fmax(now->blocks_per_op * (double)now->ops, 1);
    bool slower = is < 0.55 * was * (1 - fmin(2 / sqrt(blocks), 1));
    return was > 0 && !slower && !slows(was, sqrt(was_variance), is, sqrt(variance)) &&
           fabs(is - was) <= 0.25 * fmax(is, was) + 4 * sqrt(was_variance + variance);
}

/* A leak may share its function with a cache that fills, or show at several lines. */
static bool was_there(const hg_cell *before, const hg_cell *now, const hg_site *site)
{
    return is_same_rate(before, now, site, true) || is_same_rate(before, now, site, false);
}

/* Leaks first, the fastest at the top; the rest as it was. */
static int compare_sites(const void *left, const void *right)
{
    const hg_site *a = left;
    const hg_site *b = right;
    bool a_leaks = a->growth_class == HG_CLASS_LEAK;
    bool b_leaks = b->growth_class == HG_CLASS_LEAK;
    if (a_leaks != b_leaks)
        return a_leaks ? -1 : 1;
    if (a->bytes_per_op != b->bytes_per_op)
        return a->bytes_per_op > b->bytes_per_op ? -1 : 1;
    return a->live_bytes > b->live_bytes ? -1 : a->live_bytes < b->live_bytes;
}

size_t hg_look_join(const hg_cell *before, hg_cell *now)
{
    const double rounding = 1e-6;
    const double errors = 3; /* that growth is surely more than */
    double leaking = 0;
    size_t joined = 0;
    for (size_t i = 0; i < now->site_count; i++)
        if (now->sites[i].growth_class == HG_CLASS_LEAK)
            leaking += now->sites[i].bytes_per_op;
    for (size_t i = 0; i < now->site_count && leaking > 0; i++) {
        hg_site *site = &now->sites[i];
        if (site->growth_class == HG_CLASS_LEAK || site->growth_class == HG_CLASS_FILLING ||
            site->bytes_per_op <= errors * site->bytes_per_op_error ||
            leaking + site->bytes_per_op > now->bytes_per_op * (1 + rounding) ||
            !was_there(before, now, site))
            continue;
        site->growth_class = HG_CLASS_LEAK;
        leaking += site->bytes_per_op;
        joined++;
    }
    if (joined > 0)
        qsort(now->sites, now->site_count, sizeof *now->sites, compare_sites);
    return joined;
}

/* Whether a call path of the cell is so in the other one. */
typedef bool path_test(const hg_cell *other, const hg_cell *cell, const hg_site *site);

/* The share of the leak's bytes whose call paths are so; negative where it has no call path, as one of open
 * files, of threads, or that is spread thinly. */
static double share_of_leak(const hg_cell *cell, const hg_cell *other, path_test *is_so)
{
    double leaking = 0;
    double found = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->growth_class != HG_CLASS_LEAK)
            continue;
        leaking += site->bytes_per_op;
        if (is_so(other, cell, site))
            found += site->bytes_per_op;
    }
    return leaking > 0 ? found / leaking : -1;
}

bool hg_look_confirms(const hg_cell *before, const hg_cell *now)
{
    double share = share_of_leak(now, before, was_there);
    return share < 0 ? before->verdict == HG_VERDICT_LEAK : share >= 0.5;
}

/* Whether the call path grows less than half as fast. */
static bool is_halved(const hg_cell *timed, const hg_cell *leak, const hg_site *site)
{
    (void)leak;
    double variance = site->bytes_per_op_error * site->bytes_per_op_error;
    double is = growth_at(timed, site, false, &variance);
    return is + HG_SURE_ERRORS * sqrt(variance) < site->bytes_per_op / 2;
}

bool hg_look_heeds_clock(const hg_cell *leak, double rate, const hg_cell *timed)
{
    const double matters = 0.05;
    if (rate < leak->bytes_per_op / 2)
        return false;
    switch (timed->verdict) {
    case HG_VERDICT_CLEAN:
        return timed->min_detectable_bytes_per_op <= rate || rate <= 0;
    case HG_VERDICT_INCONCLUSIVE:
        return timed->bytes_per_op + HG_SURE_ERRORS * timed->bytes_per_op_error < rate / 2;
    case HG_VERDICT_LEAK:
        return share_of_leak(leak, timed, is_halved) > matters;
    default:
        return false;
    }
}
