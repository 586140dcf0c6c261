#include "analysis/looks.h"

#include "analysis/confirm.h"
#include "analysis/fragmentation.h"
#include <math.h>

/* A rate that is known to within this share is good enough. */
#define GOOD_RATE 0.02

/* Of what was ever alive. */
static const double large_share = 0.25;

/* Less, in bytes per op, is no reason for another cheap look. */
static const double fine_enough = 0.1;

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

double hg_look_longer_takes(const int64_t *ops, const int64_t *cpu_ns, uint32_t count)
{
    const double most_power = 3;
    double all = 0, half = 0, all_ops = count > 0 ? (double)ops[count - 1] : 0, half_ops = 0;
    for (uint32_t i = 0; i < count; i++) {
        all += (double)cpu_ns[i];
        if (2 * (double)ops[i] > all_ops)
            continue;
        half = all;
        half_ops = (double)ops[i];
    }
    double power = half > 0 && half_ops > 0 ? log(all / half) / log(all_ops / half_ops) : 1;
    return pow(HG_LOOK_FACTOR, fmin(fmax(power, 1), most_power));
}

/* Whether the looks know the rate well enough to tell it from half of it, as a filling cache has next. */
static bool would_show_half(const hg_look_rate *before, const hg_look_rate *now)
{
    return before->rate <= 0 || before->rate / 2 > HG_SURE_ERRORS * hypot(before->error, now->error);
}

static bool is_longer_possible(const hg_look *look)
{
    return look->more && look->number < HG_MOST_LOOKS;
}

/* Growth keeps pace with the ops, to within the power 3/4 of them. */
static bool keeps_pace(const hg_look_law *law)
{
    return law->exponent - HG_SURE_ERRORS * law->error >= -0.25;
}

/* The last look alone, to the same power: the law heeds a vague rate little, and what has filled grows
 * vaguely. */
static bool has_kept_pace(const hg_look_rate *last)
{
    double was = last[-1].rate - HG_SURE_ERRORS * last[-1].error;
    return last->rate + HG_SURE_ERRORS * last->error >= 0.7 * was;
}

static bool slows_down(const hg_look *look)
{
    hg_look_law law = hg_look_law_of(look->rates, look->number);
    return law.looks > 1 && law.exponent + HG_SURE_ERRORS * law.error < -0.25;
}

/* Surely, and by more than growth that is as good as steady. */
static bool has_slowed(const hg_look_rate *last)
{
    double less = last[-1].rate - last->rate;
    return less > 0.05 * last[-1].rate && less > HG_SURE_ERRORS * hypot(last[-1].error, last->error);
}

/*
 * Growth persists: the last three looks are of one rate, as far as chance goes. Where no look is left, all of
 * them speak, and growth need not be quite steady: what fills in that way has no bound in sight.
 */
static bool persists(const hg_look *look)
{
    const hg_look_rate *last = &look->rates[look->number - 1];
    if (look->number < 3 || last->rate <= look->max_bytes_per_op)
        return false;
    hg_look_law law = hg_look_law_of(last - 2, 3);
    bool known = last->error <= 0.1 * last->rate;
    if (law.looks == 3 && known && !has_slowed(last) && law.exponent + HG_SURE_ERRORS * law.error >= -0.03 &&
        keeps_pace(&law))
        return true;
    hg_look_law whole = hg_look_law_of(look->rates, look->number);
    return !is_longer_possible(look) && whole.looks > 3 && keeps_pace(&whole) && has_kept_pace(last);
}

/*
 * Growth fades, and has not ceased to: a bound is near, or each doubling of the ops adds no more than the one
 * before. A leak beside something that has filled shows by the last two looks.
 */
static bool fades(const hg_look *look)
{
    hg_look_law law = hg_look_law_of(look->rates, look->number);
    if (law.looks < 3 || law.exponent + HG_SURE_ERRORS * law.error >= -0.5)
        return false;
    hg_look_law recent = hg_look_law_of(&look->rates[look->number - 2], 2);
    return recent.looks < 2 || recent.exponent < -0.5;
}

/* Whether a further look is cheap: by what it would allocate, if it did as this one. */
static bool is_cheap(const hg_look *look, uint32_t looks, int64_t allocations)
{
    return look->more && look->number < looks && look->allocations <= allocations / (int64_t)HG_LOOK_FACTOR;
}

/* What rises by less is no matter: a table, a buffer. */
static const double least_rise = 4096;

/*
 * By how much more was alive at the end of a look than of the one before it, if that is more than it ever
 * fell within the look and more than its budget allows; else 0. i: the look, from 1 of the second. What does
 * not rise in a look, but with the length of its rounds, is what a round needs, and no growth.
 */
static double rise_of(const hg_look *look, uint32_t i)
{
    const hg_look_rate *now = &look->rates[i];
    double rise = now->level - now[-1].level;
    double ops = now->ops - now[-1].ops;
    double allowed = 1.01 * look->max_bytes_per_op * ops;
    bool within = 4 * (now->level - now->begun) >= rise;
    return ops > 0 && within && rise > allowed && rise > fmax(least_rise, 1.2 * now->fall) ? rise : 0;
}

/* Growth like the square root of the ops doubles its rise in a look four times as long, save for chance. */
static const double faster = 2.2;

/*
 * Whether what is alive at the end of a look has kept pace with its length, over so many looks: it rises
 * from each to the next, and by more than twice the rise before, where ops are four times as many. A
 * container that grows by any factor does so; what has come to its bound does not.
 */
static bool level_keeps_pace(const hg_look *look, uint32_t rises)
{
    if (look->number < rises + 1)
        return false;
    for (uint32_t i = look->number - rises; i < look->number; i++)
        if (rise_of(look, i) <= 0 ||
            (i > look->number - rises && rise_of(look, i) < faster * rise_of(look, i - 1)))
            return false;
    return true;
}

static bool level_kept_pace(const hg_look_rate *from, const hg_look_rate *to)
{
    return from->ops > 0 && to->level >= from->level * pow(to->ops / from->ops, 0.75);
}

/*
 * A container that grows by more than the looks do stands still in one of three. It is never clean; nor is it
 * surely a leak, for a buffer that fits the largest input may leap as far, by chance.
 */
static bool level_leaps(const hg_look *look)
{
    if (look->number < 4 || rise_of(look, look->number - 1) <= 0)
        return false;
    const hg_look_rate *last = &look->rates[look->number - 1];
    bool twice = rise_of(look, look->number - 2) > 0 || rise_of(look, look->number - 3) > 0;
    return twice && level_kept_pace(&last[-1], last) && level_kept_pace(&last[-3], last);
}

/*
 * A container that doubles rises by what it was, and not by what the look is longer. If it rises in each of
 * three looks, and has kept pace over two of them, it is not clean either.
 */
static bool level_climbs(const hg_look *look)
{
    if (look->number < 4)
        return false;
    const hg_look_rate *last = &look->rates[look->number - 1];
    for (uint32_t i = look->number - 3; i < look->number; i++)
        if (rise_of(look, i) <= 0)
            return false;
    return level_kept_pace(&last[-2], last);
}

/* The verdict where no look is left, and they do not agree on growth. */
static hg_next_look after_all(const hg_look *look, hg_next_look otherwise)
{
    if (persists(look))
        return HG_LOOK_PERSISTS;
    return level_keeps_pace(look, 3) ? HG_LOOK_RISES : otherwise;
}

/* What seems to leak may end yet: the looks that make sure of it, and one more where it allocates little. */
static bool goes_on_cheaply(const hg_look *look)
{
    return is_cheap(look, HG_SURE_LOOKS, HG_SURE_ALLOCATIONS) ||
           is_cheap(look, HG_SURE_LOOKS + 1, HG_CHEAP_ALLOCATIONS);
}

/*
 * Whether what seems to leak may be less than a usual cache holds, whose entries are a few blocks each, and
 * the next look would have more than that.
 */
static bool may_be_cache(const hg_look *look)
{
    enum { BLOCKS = 8 }; /* of twice as many entries, or fewer */
    double kept = look->now->blocks_per_op * look->rates[look->number - 1].ops;
    return kept < BLOCKS * HG_USUAL_CACHE && HG_LOOK_FACTOR * kept > 1.25 * HG_USUAL_CACHE &&
           is_cheap(look, HG_MOST_LOOKS, HG_CACHE_ALLOCATIONS);
}

/*
 * Whether the rate may be that at which a batch fills that is given back as a whole: what is alive also fell,
 * or so little was allocated that the first batch may not have ended yet.
 */
static bool may_be_saw(const hg_look *look)
{
    const hg_look_rate *last = &look->rates[look->number - 1];
    return last->rate > 0 &&
           (look->allocations < HG_FEW_ALLOCATIONS || last->drop > GOOD_RATE * last->rate * last->ops);
}

static hg_next_look after_leak(const hg_look *look)
{
    bool vague = look->now->bytes_per_op_error > GOOD_RATE * look->now->bytes_per_op;
    bool cheap = is_cheap(look, HG_CHEAP_LOOKS, HG_CHEAP_ALLOCATIONS);
    if (look->now->expect == HG_EXPECT_LEAK)
        return (cheap && vague) || (may_be_saw(look) && goes_on_cheaply(look)) ? HG_LOOK_FURTHER
                                                                               : HG_LOOK_DONE;
    const hg_look_rate *last = &look->rates[look->number - 1];
    bool confirmed = look->before && hg_look_confirms(look->before, look->now);
    if (confirmed &&
        (!is_longer_possible(look) || would_show_half(last - 1, last) || level_keeps_pace(look, 3)))
        return goes_on_cheaply(look) || may_be_cache(look) ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    if (is_longer_possible(look))
        return HG_LOOK_AGAIN;
    /* Of growth that surely slows from look to look, a second look of the same length tells nothing new. */
    bool ended = look->repeated || look->number == HG_MOST_LOOKS || slows_down(look);
    return after_all(look, ended ? HG_LOOK_DOUBT : HG_LOOK_REPEAT);
}

/* Whether this look would have seen the leak that the one before it saw. */
static bool refutes(const hg_look *look)
{
    const hg_look_rate *last = &look->rates[look->number - 1];
    return last->visible <= last[-1].rate;
}

/* A block from here on may be a pool's, in which a leak hides until the next one is taken. */
static const double least_pool = 1 << 18;

/*
 * Whether a leak of a large share of all that was ever alive could hide in this look. The longer the look,
 * the less hides in what comes and goes, and the more likely a pool is used up.
 */
static bool is_coarse(const hg_look *look)
{
    const hg_look_rate *last = &look->rates[look->number - 1];
    double hidden = fmax(last->visible * last->ops, last->block >= least_pool ? last->block : 0);
    return hidden > fine_enough * last->ops && hidden > large_share * fmax(last->most, HG_LITTLE_MEMORY);
}

static hg_next_look after_clean(const hg_look *look)
{
    bool changed = look->before && look->before->verdict == HG_VERDICT_LEAK;
    bool missed = look->now->expect != HG_EXPECT_CLEAN && look->number == 1;
    bool unrefuted = changed && !refutes(look);
    bool rises = look->number > 2 && rise_of(look, look->number - 1) > 0;
    if ((missed || unrefuted || rises) && is_longer_possible(look))
        return HG_LOOK_AGAIN;
    if (unrefuted || level_keeps_pace(look, 2) || level_leaps(look) || level_climbs(look))
        return after_all(look, HG_LOOK_DOUBT);
    if (is_coarse(look) && is_cheap(look, HG_MOST_LOOKS, HG_SURE_ALLOCATIONS))
        return HG_LOOK_FURTHER;
    return is_cheap(look, HG_CHEAP_LOOKS, HG_CHEAP_ALLOCATIONS) ? HG_LOOK_FURTHER : HG_LOOK_DONE;
}

static hg_next_look after_fragmentation(const hg_look *look)
{
    if (look->before && hg_fragmentation_confirms(look->before, look->now))
        return is_cheap(look, HG_CHEAP_LOOKS, HG_CHEAP_ALLOCATIONS) ? HG_LOOK_FURTHER : HG_LOOK_DONE;
    return look->more && look->number <= HG_CHEAP_LOOKS ? HG_LOOK_AGAIN : HG_LOOK_REFUTES;
}

/* By how much the most that is alive differs from one look to the next where nothing leaks. */
static const double steady = 0.25;

/* Whether the most that was alive has stood still over two steps from one look to the next. */
static bool most_stands(const hg_look *look)
{
    const hg_look_rate *last = &look->rates[look->number - 1];
    return look->number > 2 && last->most <= (1 + steady) * last[-2].most &&
           last[-1].most <= (1 + steady) * last[-2].most;
}

/*
 * Whether the whole rises by no more than a table does, and surely by less than a clean verdict excludes,
 * after a look that did not rise.
 */
static bool rises_little(const hg_look *look)
{
    const hg_look_rate *last = &look->rates[look->number - 1];
    return look->thin == HG_THIN_RISES && look->number > 2 && look->before->verdict == HG_VERDICT_CLEAN &&
           last->rate * last->ops < least_rise && last->rate + HG_SURE_ERRORS * last->error <= last->visible;
}

static hg_next_look after_open_answer(const hg_look *look)
{
    if (!look->thin)
        return HG_LOOK_DONE;
    if (look->thin == HG_THIN_SWINGS && most_stands(look) &&
        !is_cheap(look, HG_SURE_LOOKS, HG_SURE_ALLOCATIONS))
        return HG_LOOK_STANDS;
    if (is_longer_possible(look)) {
        bool enough = persists(look) && !is_cheap(look, HG_SURE_LOOKS, HG_SURE_ALLOCATIONS);
        return enough ? HG_LOOK_PERSISTS : HG_LOOK_AGAIN;
    }
    return after_all(look, fades(look) || rises_little(look) ? HG_LOOK_FADES : HG_LOOK_DONE);
}

hg_next_look hg_look_next(const hg_look *look)
{
    switch (look->now->verdict) {
    case HG_VERDICT_LEAK:
        return after_leak(look);
    case HG_VERDICT_CLEAN:
        return after_clean(look);
    case HG_VERDICT_FRAGMENTATION:
        return after_fragmentation(look);
    case HG_VERDICT_INCONCLUSIVE:
        return after_open_answer(look);
    default:
        return HG_LOOK_DONE;
    }
}
