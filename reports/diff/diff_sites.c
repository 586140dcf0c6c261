#include "diff/diff_sites.h"
#include "model/path.h"

#include <math.h>
#include <stdlib.h>

/* A site that gains memory, before it is matched. */
typedef struct candidate {
    const hg_site *site;
    hg_diff_side gain; /* of this site alone */
    int side;          /* 0: A, 1: B */
    size_t index;      /* in its cell, which ranks the faster first */
} candidate;

hg_change hg_diff_rates(double a, double a_error, double b, double b_error)
{
    double difference = b - a;
    double statistical = HG_DIFF_ERRORS * sqrt(a_error * a_error + b_error * b_error);
    double instrumental = HG_DIFF_PRECISION * fmax(fabs(a), fabs(b));

    if (!(fabs(difference) > fmax(statistical, instrumental))) /* also where one is not a number */
        return HG_CHANGE_SAME;
    return difference > 0 ? HG_CHANGE_WORSE : HG_CHANGE_BETTER;
}

static int compare_candidates(const void *left, const void *right)
{
    const candidate *x = left;
    const candidate *y = right;
    int order = hg_path_compare(x->site, y->site);

    if (order == 0)
        order = x->side - y->side;
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/*
 * For a site without a rate: the mean of what survived from each measured round but the last, and its
 * standard error, per op.
 */
static hg_diff_side observe(const hg_cell *cell, const hg_site *site)
{
    hg_diff_side gain = {.site = site};
    size_t first = cell->warmup_rounds > 0 ? (size_t)cell->warmup_rounds : 0;
    size_t rounds = site->epoch_count > first + 1 ? site->epoch_count - first - 1 : 0;
    double sum = 0, squares = 0;

    if (rounds < 2 || !site->survivor_bytes || cell->ops <= 0 || cell->rounds <= 0)
        return gain;
    double ops = (double)cell->ops / (double)cell->rounds;
    for (size_t i = first; i < first + rounds; i++) {
        double rate = (double)site->survivor_bytes[i] / ops;
        sum += rate;
        squares += rate * rate;
    }
    double count = (double)rounds;
    gain.bytes_per_op = sum / count;
    double variance = (squares - sum * sum / count) / (count - 1);
    gain.bytes_per_op_error = variance > 0 ? sqrt(variance / count) : 0;
    return gain;
}

static hg_diff_side gain_of(const hg_cell *cell, const hg_site *site)
{
    if (site->growth_class == HG_CLASS_ONE_TIME && !(site->bytes_per_op > 0))
        return observe(cell, site);
    return (hg_diff_side){.site = site,
                          .leaks = site->growth_class == HG_CLASS_LEAK,
                          .bytes_per_op = site->bytes_per_op,
                          .bytes_per_op_error = site->bytes_per_op_error,
                          .blocks_per_op = site->blocks_per_op};
}

static size_t collect(const hg_cell *cell, int side, candidate *ret_candidates)
{
    size_t count = 0;

    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        hg_diff_side gain = gain_of(cell, site);
        if (gain.bytes_per_op > 0)
            ret_candidates[count++] = (candidate){.site = site, .gain = gain, .side = side, .index = i};
    }
    return count;
}

static void add(hg_diff_side *side, const hg_diff_side *gain)
{
    if (!side->site)
        side->site = gain->site;
    side->leaks |= gain->leaks;
    side->bytes_per_op += gain->bytes_per_op;
    side->blocks_per_op += gain->blocks_per_op;
    side->bytes_per_op_error = hypot(side->bytes_per_op_error, gain->bytes_per_op_error);
}

static hg_change compare_sides(const hg_diff_side *a, const hg_diff_side *b)
{
    return hg_diff_rates(a->bytes_per_op, a->bytes_per_op_error, b->bytes_per_op, b->bytes_per_op_error);
}

static hg_change judge(const hg_cell_diff *cell, const hg_site_diff *site)
{
    hg_change rates = compare_sides(&site->a, &site->b);

    /* A leak that the other cell could not detect may have been there. */
    if (!site->a.site)
        return site->b.bytes_per_op > cell->a->min_detectable_bytes_per_op ? HG_CHANGE_NEW
                                                                           : HG_CHANGE_UNCLEAR;
    if (!site->b.site)
        return site->a.bytes_per_op > cell->b->min_detectable_bytes_per_op ? HG_CHANGE_FIXED
                                                                           : HG_CHANGE_UNCLEAR;
    if (site->a.leaks && site->b.leaks)
        return rates;
    if (site->b.leaks)
        return rates == HG_CHANGE_WORSE ? HG_CHANGE_NEW : HG_CHANGE_UNCLEAR;
    return rates == HG_CHANGE_BETTER ? HG_CHANGE_BETTER : HG_CHANGE_UNCLEAR;
}

/* Joins a site that only A has with one that only B has, if a function was probably renamed. The site of B is
 * left empty. */
static void find_rename(hg_cell_diff *cell, hg_site_diff *gone)
{
    for (size_t i = 0; i < cell->site_count; i++) {
        hg_site_diff *come = &cell->sites[i];
        size_t frame;
        if (come->a.site || !come->b.leaks || compare_sides(&gone->a, &come->b) != HG_CHANGE_SAME ||
            !hg_path_is_renamed(gone->a.site, come->b.site, &frame))
            continue;
        gone->b = come->b;
        gone->renamed = true;
        gone->renamed_frame = frame;
        come->b = (hg_diff_side){0};
        return;
    }
}

/* Also drops what leaks on neither side. */
static void find_renames(hg_cell_diff *cell)
{
    size_t kept = 0;

    for (size_t i = 0; i < cell->site_count && cell->site_count <= HG_DIFF_RENAMES_AMONG; i++)
        if (!cell->sites[i].b.site && cell->sites[i].a.leaks)
            find_rename(cell, &cell->sites[i]);
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].a.leaks || cell->sites[i].b.leaks)
            cell->sites[kept++] = cell->sites[i];
    cell->site_count = kept;
}

static int compare_site_diffs(const void *left, const void *right)
{
    const hg_site_diff *x = left;
    const hg_site_diff *y = right;
    double x_size = fabs(x->b.bytes_per_op - x->a.bytes_per_op);
    double y_size = fabs(y->b.bytes_per_op - y->a.bytes_per_op);

    if (x->change != y->change)
        return x->change < y->change ? -1 : 1;
    if (x_size != y_size)
        return x_size > y_size ? -1 : 1;
    if (x->b.bytes_per_op != y->b.bytes_per_op)
        return x->b.bytes_per_op > y->b.bytes_per_op ? -1 : 1;
    return hg_path_compare(x->b.site ? x->b.site : x->a.site, y->b.site ? y->b.site : y->a.site);
}

bool hg_diff_sites(hg_cell_diff *cell)
{
    size_t room = cell->a->site_count + cell->b->site_count + 1;
    candidate *candidates = calloc(room, sizeof *candidates);

    cell->sites = calloc(room, sizeof *cell->sites);
    if (!candidates || !cell->sites) {
        free(candidates);
        return false;
    }
    size_t count = collect(cell->a, 0, candidates);
    count += collect(cell->b, 1, candidates + count);
    qsort(candidates, count, sizeof *candidates, compare_candidates);
    for (size_t i = 0; i < count; i++) {
        const candidate *next = &candidates[i];
        if (i == 0 || hg_path_compare(candidates[i - 1].site, next->site) != 0)
            cell->site_count++;
        hg_site_diff *site = &cell->sites[cell->site_count - 1];
        add(next->side == 0 ? &site->a : &site->b, &next->gain);
    }
    free(candidates);
    find_renames(cell);
    for (size_t i = 0; i < cell->site_count; i++)
        cell->sites[i].change = judge(cell, &cell->sites[i]);
    qsort(cell->sites, cell->site_count, sizeof *cell->sites, compare_site_diffs);
    return true;
}
