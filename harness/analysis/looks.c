#include "analysis/looks.h"

#include "analysis/call_path.h"
#include "analysis/fragmentation.h"
#include <math.h>

/* A rate that is known to within this share is good enough. */
#define GOOD_RATE 0.02

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

uint64_t hg_look_longer(const hg_look_length *length)
{
    uint64_t round = length->ops_per_round;
    uint64_t warmup = round < length->least_warmup_ops ? length->least_warmup_ops : round;
    uint64_t total = HG_LOOK_FACTOR * (length->warmup_rounds * warmup + length->rounds * round);
    uint64_t even = total / (length->warmup_rounds + length->rounds);
    if (even >= length->least_warmup_ops)
        return even;
    return (total - length->warmup_rounds * length->least_warmup_ops) / length->rounds;
}

/* A difference of so many errors is no chance: 1 in 160. */
static const double sure_errors = 2.5;

/*
 * By more than chance, and by more than growth that is as good as steady: the power 0.96 of the ops. Had the
 * rate been the slower one all the time, its error before would have been smaller, too, like that of a
 * number of blocks.
 */
static bool slows(double was, double was_error, double is, double is_error)
{
    return is < 0.95 * was && was - is > sure_errors * hypot(was_error * sqrt(is / was), is_error);
}

/* Whether the looks know the rate well enough to tell it from half of it, as a filling cache has next. */
static bool would_show_half(const hg_look_rate *before, const hg_look_rate *now)
{
    return before->rate <= 0 || before->rate / 2 > sure_errors * hypot(before->error, now->error);
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

bool hg_look_confirms(const hg_cell *before, const hg_cell *now)
{
    double leaking = 0;
    double confirmed = 0;
    for (size_t i = 0; i < now->site_count; i++) {
        const hg_site *site = &now->sites[i];
        if (site->growth_class != HG_CLASS_LEAK)
            continue;
        leaking += site->bytes_per_op;
        /* A leak may share its function with a cache that fills, or show at several lines. */
        if (is_same_rate(before, now, site, true) || is_same_rate(before, now, site, false))
            confirmed += site->bytes_per_op;
    }
    /* Open files, threads and growth spread thinly have no call path. */
    return leaking > 0 ? 2 * confirmed >= leaking : before->verdict == HG_VERDICT_LEAK;
}

static bool falls(const hg_look_rate *before, const hg_look_rate *now, double least_fall)
{
    return before->rate > 0 && least_fall * now->rate <= before->rate;
}

/* Threefold a look; the last one goes on with it, but few blocks, or a bound that comes near, make the falls
 * uneven. */
bool hg_look_fades(const hg_look_rate paces[HG_MOST_LOOKS])
{
    const double least = 3;
    const double least_of_last = 2;
    const hg_look_rate *last = &paces[HG_MOST_LOOKS - 1];
    bool was_unseen = last[-2].rate <= 0 && last[-2].visible < last[-1].rate;
    return falls(&last[-1], last, least_of_last) &&
           (was_unseen || falls(&last[-2], last, pow(least, 2)) || falls(&last[-3], last, pow(least, 3)));
}

static bool is_known(const hg_look_rate *pace)
{
    return pace->rate > 0 && pace->error <= 0.1 * pace->rate;
}

/* b is of the longer look. */
static bool agree(const hg_look_rate *a, const hg_look_rate *b)
{
    return !slows(a->rate, a->error, b->rate, b->error) &&
           fabs(a->rate - b->rate) <= 0.1 * fmax(a->rate, b->rate) + 3 * hypot(a->error, b->error);
}

bool hg_look_persists(const hg_look_rate *paces, uint32_t count)
{
    if (count < 3)
        return false;
    const hg_look_rate *last = &paces[count - 1];
    if (!is_known(last) || last[-1].rate <= 0 || !agree(&last[-1], last))
        return false;
    bool third = last[-2].rate > 0 && agree(&last[-2], &last[-1]) && agree(&last[-2], last);
    bool too_short = count == HG_MOST_LOOKS && last[-2].rate <= 0 && is_known(&last[-1]);
    return third || too_short;
}

static hg_next_look after_leak(const hg_look *look, bool cheap)
{
    bool vague = look->now->bytes_per_op_error > GOOD_RATE * look->now->bytes_per_op;
    if (look->now->expect == HG_EXPECT_LEAK)
        return cheap && vague ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    const hg_look_rate *last = &look->paces[look->number - 1];
    bool confirmed = look->before && hg_look_confirms(look->before, look->now);
    if (confirmed && (look->number == HG_MOST_LOOKS || would_show_half(last - 1, last)))
        return cheap ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    if (look->number < HG_MOST_LOOKS)
        return HG_LOOK_AGAIN;
    return slows(last[-1].rate, last[-1].error, last->rate, last->error) ? HG_LOOK_SLOWS : HG_LOOK_DOUBT;
}

static hg_next_look after_clean(const hg_look *look, bool cheap)
{
    bool changed = look->before && look->before->verdict == HG_VERDICT_LEAK;
    bool missed = look->now->expect != HG_EXPECT_CLEAN && look->number == 1;
    if (changed && look->number == HG_MOST_LOOKS)
        return HG_LOOK_DOUBT;
    if (changed || missed)
        return HG_LOOK_AGAIN;
    return cheap ? HG_LOOK_FURTHER : HG_LOOK_DONE;
}

static hg_next_look after_fragmentation(const hg_look *look, bool cheap)
{
    if (look->before && hg_fragmentation_confirms(look->before, look->now))
        return cheap ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    return look->number < HG_MOST_LOOKS ? HG_LOOK_AGAIN : HG_LOOK_REFUTES;
}

static hg_next_look after_open_answer(const hg_look *look)
{
    if (!look->thin)
        return HG_LOOK_DONE;
    if (hg_look_persists(look->paces, look->number))
        return HG_LOOK_PERSISTS;
    if (look->number < HG_MOST_LOOKS)
        return HG_LOOK_AGAIN;
    return hg_look_fades(look->paces) ? HG_LOOK_FADES : HG_LOOK_DONE;
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
    case HG_VERDICT_FRAGMENTATION:
        return after_fragmentation(look, cheap);
    case HG_VERDICT_INCONCLUSIVE:
        return after_open_answer(look);
    default:
        return HG_LOOK_DONE;
    }
}
