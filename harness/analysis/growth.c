#include "analysis/growth.h"

#include "analysis/container.h"
#include "analysis/lifetimes.h"
#include "analysis/slope.h"
#include "analysis/statistics.h"
#include <math.h>
#include <stddef.h>

typedef enum trend {
    TREND_NONE,    /* nothing settles any more */
    TREND_STEADY,  /* the same every round */
    TREND_FALLING, /* less every round */
    TREND_UNCLEAR,
} trend;

/* The one-sided level at which growth is worth a longer run; shared like HG_LEVEL_SURE. */
#define LEVEL_PERHAPS 1e-2

/* Where nothing ever died, growth in each of this many rounds is steady, however uneven. */
enum { SURE_ROUNDS = 8 };

/* Of the deaths that are missing from a steady state: -ln of 1 in 20. */
static const double least_surprise = 3;

/* What one age shows. */
typedef struct sighting {
    trend in_number, in_size;
    hg_increments blocks, bytes;
    bool deaths;   /* at this age or later */
    double hidden; /* bytes a round */
} sighting;

/*
 * Where nothing ever died, each round with an increment is an event, and the question is whether events have
 * ended. Events at a steady rate in k rounds, the last of them being round j of n, leave the rest silent with
 * probability (j/n)^k; below 1 in 20 they have ended. A single event says nothing about a rate: it is a late
 * initialisation when half of the run was silent afterwards.
 */
static bool events_ended(const hg_increments *d)
{
    if (d->positive == 0)
        return true;
    double heard = (double)d->last_positive / d->count;
    return d->positive == 1 ? heard <= 0.5 : pow(heard, d->positive) < 0.05;
}

/* How surely the increments fall, in standard errors of their slope; 0 when they do not. */
static double fall_of(const hg_increments *d)
{
    if (d->slope >= 0)
        return 0;
    return d->slope_error > 0 ? -d->slope / d->slope_error : INFINITY;
}

/* By a straight line or by their order. Increments that surely fall are those of something that fills, once
 * they have lost a good part. */
static bool is_falling(const hg_increments *d, double level)
{
    bool in_order = erfc(-d->order / sqrt(2)) / 2 < level;
    return d->count > 2 && (in_order || fall_of(d) > hg_student_quantile(d->count - 2, level));
}

static bool has_fallen(const hg_increments *d)
{
    double end = d->mean + d->slope * (d->count - 1) / 2; /* of the fitted line */
    return end < 0.8 * d->mean;
}

/* Where blocks die: growth stands out of the noise, or does not. */
static trend trend_with_deaths(const hg_increments *d, double tests)
{
    if (d->mean <= 0 || d->late <= 0)
        return TREND_NONE;
    if (is_falling(d, HG_LEVEL_SURE / tests))
        return has_fallen(d) ? TREND_FALLING : TREND_UNCLEAR;
    bool perhaps_falling = is_falling(d, LEVEL_PERHAPS) && has_fallen(d);
    if (d->mean > hg_student_quantile(d->count - 1, HG_LEVEL_SURE / tests) * d->error && !perhaps_falling)
        return TREND_STEADY;
    return d->mean > hg_student_quantile(d->count - 1, LEVEL_PERHAPS / tests) * d->error ? TREND_UNCLEAR
                                                                                         : TREND_NONE;
}

/* Where nothing dies, every increment is real; the question is only whether they go on. */
static trend trend_without_deaths(const hg_increments *d)
{
    if (d->mean <= 0 || events_ended(d))
        return TREND_NONE;
    if (is_falling(d, HG_LEVEL_SURE))
        return has_fallen(d) ? TREND_FALLING : TREND_UNCLEAR;
    bool perhaps_falling = is_falling(d, LEVEL_PERHAPS) && has_fallen(d);
    bool every_round = d->positive == d->count && d->count >= SURE_ROUNDS;
    bool steady = every_round || d->mean > hg_student_quantile(d->count - 1, HG_LEVEL_SURE) * d->error;
    return steady && !perhaps_falling ? TREND_STEADY : TREND_UNCLEAR;
}

/*
 * Growth in number is a leak's only if the blocks do not die as they would in a steady state; and where some
 * do die, growth that is not steady is noise unless that is unlikely at 1 in 20.
 */
static trend weigh_lifetimes(trend found, const hg_lifetimes *lives, bool turnover, double tests)
{
    double surprise = hg_poisson_surprise(lives->deaths, lives->wanted);
    if (found == TREND_STEADY)
        return surprise > log(tests / HG_LEVEL_SURE) ? TREND_STEADY : TREND_UNCLEAR;
    return turnover && surprise < least_surprise ? TREND_NONE : found;
}

/* The mean size of a block alive at the end, or of any that was. */
static double block_size(const hg_history *history)
{
    for (uint32_t t = history->epochs; t-- > 0;) {
        int64_t blocks = hg_alive_at(history, history->blocks, t);
        if (blocks > 0)
            return (double)hg_alive_at(history, history->bytes, t) / (double)blocks;
    }
    return 0;
}

/*
 * A leak that adds h a round is noticed, 19 times in 20, when h exceeds the threshold of the test by 3
 * errors more, which leaves room for an error that was taken too small; and when its blocks, which do not
 * die, are enough to make the deaths of the others a surprise.
 */
static double hidden_by(const sighting *seen, const hg_lifetimes *lives, double tests, double size)
{
    if (lives->wanted_of_a_leak <= 0)
        return INFINITY;
    double most = fmax(lives->deaths, lives->wanted);
    double missing =
        fmax(lives->deaths - lives->wanted, 0) + sqrt(4 * least_surprise * most) + 6 * least_surprise;
    double unsurprising = missing / lives->wanted_of_a_leak * size;
    if (!seen->deaths)
        return unsurprising;
    double noise = hg_student_quantile(seen->blocks.count - 1, LEVEL_PERHAPS / tests) + 3;
    return fmax(noise * seen->bytes.error, unsurprising);
}

/* since: the age from which on the blocks' lifetimes count; at most `age`. */
static sighting look_at(const hg_history *history, uint32_t age, uint32_t since, double tests)
{
    double d[HG_MAX_ROUNDS];
    sighting seen = {.hidden = INFINITY};
    hg_lifetimes lives = hg_lifetimes_from(history, since);
    seen.deaths = lives.deaths_at_all;
    seen.blocks = hg_increments_of(d, hg_aged_increments(history, history->blocks, age, d));
    seen.bytes = hg_increments_of(d, hg_aged_increments(history, history->bytes, age, d));
    if (seen.blocks.count < HG_MIN_ROUNDS - 1)
        return seen;
    trend raw = seen.deaths ? trend_with_deaths(&seen.blocks, tests) : trend_without_deaths(&seen.blocks);
    bool turnover = since > 1 || seen.deaths;
    seen.in_number = weigh_lifetimes(raw, &lives, turnover, seen.deaths ? tests : 1);
    seen.in_size = raw == TREND_NONE ? trend_with_deaths(&seen.bytes, tests) : TREND_NONE;
    seen.hidden = turnover ? hidden_by(&seen, &lives, tests, block_size(history)) : 0;
    return seen;
}

/* The ages looked at: 1, 2, 3, 5, 8, ... up to half of the rounds, and up to the first beyond which nothing
 * dies. */
static uint32_t next_age(uint32_t *before, uint32_t age)
{
    uint32_t next = age + *before;
    *before = age;
    return next;
}

static uint32_t count_ages(uint32_t rounds)
{
    uint32_t count = 0;
    uint32_t before = 1;
    for (uint32_t age = 1; age == 1 || 2 * age <= rounds; age = next_age(&before, age))
        count++;
    return count;
}

/* Whether the sighting at the greater age, b, says more. */
static bool says_more(const sighting *a, const sighting *b)
{
    if (a->in_number == TREND_FALLING)
        return false;
    if (b->in_number == TREND_STEADY)
        return a->in_number != TREND_STEADY || b->bytes.error < a->bytes.error;
    return b->in_number == TREND_UNCLEAR && a->in_number == TREND_NONE && a->in_size != TREND_STEADY;
}

static sighting look_at_all_ages(const hg_history *history, const hg_surroundings *surroundings)
{
    uint32_t rounds = history->epochs - history->warmup;
    double sites = surroundings->sites > 0 ? surroundings->sites : 1;
    double tests = sites * count_ages(rounds);
    sighting best = look_at(history, 1, 1, tests);
    bool turnover = best.deaths;
    bool deaths = turnover;
    uint32_t before = 1;
    for (uint32_t age = 2; deaths && 2 * age <= rounds; age = next_age(&before, age)) {
        sighting older = look_at(history, age, age, tests);
        double hidden = fmin(best.hidden, older.hidden);
        if (says_more(&best, &older))
            best = older;
        best.hidden = hidden;
        deaths = older.deaths;
    }
    if (turnover || best.in_number != TREND_UNCLEAR || surroundings->death_age == 0)
        return best;
    /* Blocks of a cache at a rare site have not died yet; nor are one or two that last a matter. */
    sighting old = look_at(history, surroundings->death_age, 1, tests);
    old.hidden = best.hidden;
    if (old.blocks.positive < 3)
        old.in_number = TREND_NONE;
    return old;
}

/*
 * Where blocks do die and none grow old, more may still come than go: a queue that is served too slowly, a
 * text that is replaced by an ever longer one. Only the totals show it, and in one run a cache that fills
 * looks the same; so this is never more than unclear, and for longer runs to tell.
 */
static bool totals_grow(const hg_history *history, const int64_t *live, double tests,
                        hg_increments *ret_total)
{
    double d[HG_MAX_ROUNDS];
    *ret_total = hg_increments_of(d, hg_aged_increments(history, live, 0, d));
    return trend_with_deaths(ret_total, tests) == TREND_STEADY;
}

static double relative_error(const hg_increments *bytes)
{
    return bytes->mean > 0 ? bytes->error / bytes->mean : INFINITY;
}

/* found: what the ages show, which is kept where it is known better. */
static trend look_at_totals(const hg_history *history, const hg_surroundings *surroundings, trend found,
                            sighting *seen)
{
    double tests = surroundings->sites > 0 ? surroundings->sites : 1;
    hg_increments blocks, bytes;
    bool more = totals_grow(history, history->blocks, tests, &blocks);
    bool larger = totals_grow(history, history->bytes, tests, &bytes);
    bool known_better = found == TREND_UNCLEAR && relative_error(&seen->bytes) <= relative_error(&bytes);
    if ((!more && !larger) || known_better)
        return found;
    seen->blocks = blocks;
    seen->bytes = bytes;
    return TREND_UNCLEAR;
}

static hg_class class_without_growth(const hg_history *history)
{
    uint32_t last = history->epochs - 1;
    int64_t most = 0;
    for (uint32_t t = history->warmup; t <= last; t++)
        most |= hg_alive_at(history, history->blocks, t);
    if (most == 0)
        return HG_CLASS_TRANSIENT;
    bool settled = false;
    for (uint32_t epoch = 0; epoch < last; epoch++)
        settled |= history->blocks[(size_t)last * history->epochs + epoch] > 0;
    return settled && hg_growth_death_age(history) == 0 ? HG_CLASS_ONE_TIME : HG_CLASS_BOUNDED;
}

static hg_class class_of(const hg_history *history, trend found)
{
    switch (found) {
    case TREND_STEADY:
        return HG_CLASS_LEAK;
    case TREND_FALLING:
        return HG_CLASS_FILLING;
    default:
        return class_without_growth(history);
    }
}

/* Few blocks come by chance: the error of their number is at least that of a Poisson variable. */
static double error_of_few(const hg_increments *blocks, double size)
{
    const double many = 10; /* a round */
    return blocks->mean > 0 && blocks->mean < many ? sqrt(blocks->mean / blocks->count) * size : 0;
}

static void set_rates(hg_growth *growth, const sighting *seen)
{
    double size = seen->blocks.mean > 0 ? seen->bytes.mean / seen->blocks.mean : 0;
    growth->blocks_per_round = fmax(seen->blocks.mean, 0);
    growth->bytes_per_round = seen->bytes.mean;
    growth->bytes_per_round_error = fmax(seen->bytes.error, error_of_few(&seen->blocks, size));
}

static bool is_long_enough(const hg_history *history)
{
    return history->epochs >= HG_MIN_ROUNDS && history->epochs <= HG_MAX_ROUNDS &&
           history->warmup <= history->epochs - HG_MIN_ROUNDS;
}

hg_growth hg_growth_of_quiet(const hg_history *history, const hg_surroundings *surroundings)
{
    hg_growth growth = {.growth_class = HG_CLASS_TRANSIENT};
    uint32_t age = surroundings->death_age > 1 ? surroundings->death_age : 1;
    if (!is_long_enough(history))
        return growth;
    sighting seen = look_at(history, age, 1, 1);
    growth.growth_class = class_of(history, seen.in_number);
    growth.unclear = seen.in_number == TREND_UNCLEAR || seen.in_number == TREND_FALLING;
    if (seen.in_number != TREND_NONE)
        set_rates(&growth, &seen);
    return growth;
}

hg_growth hg_growth_of(const hg_history *history, const hg_surroundings *surroundings)
{
    hg_growth growth = {.growth_class = HG_CLASS_TRANSIENT};
    if (!is_long_enough(history))
        return growth;
    sighting seen = look_at_all_ages(history, surroundings);
    trend found = seen.in_number != TREND_NONE ? seen.in_number : seen.in_size;
    bool container = seen.in_number != TREND_STEADY && hg_container_grows(history, &growth);
    if (container)
        found = TREND_STEADY;
    else if (found == TREND_NONE || found == TREND_UNCLEAR)
        found = look_at_totals(history, surroundings, found, &seen);
    growth.growth_class = class_of(history, found);
    growth.unclear = found == TREND_UNCLEAR || found == TREND_FALLING;
    growth.recurring = found == TREND_UNCLEAR && seen.blocks.positive >= 3;
    growth.hidden_bytes_per_round = isfinite(seen.hidden) ? seen.hidden : 0;
    if (found == TREND_NONE || container)
        return growth;
    set_rates(&growth, &seen);
    return growth;
}

hg_growth hg_growth_of_series(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup)
{
    hg_growth growth = {.growth_class = HG_CLASS_TRANSIENT};
    const hg_history history = {.epochs = count, .warmup = warmup, .ops = ops};
    double d[HG_MAX_ROUNDS];
    uint32_t n = 0;
    if (count > HG_MAX_ROUNDS)
        return growth;
    for (uint32_t t = warmup > 0 ? warmup : 1; t < count; t++)
        d[n++] = (double)(values[t] - values[t - 1]) * hg_history_weight(&history, t);
    if (n < HG_MIN_ROUNDS - 1)
        return growth;
    hg_increments summary = hg_increments_of(d, n);
    trend found = summary.negative > 0 ? trend_with_deaths(&summary, 1) : trend_without_deaths(&summary);
    growth.unclear = found == TREND_UNCLEAR || found == TREND_FALLING;
    growth.growth_class = found == TREND_STEADY    ? HG_CLASS_LEAK
                          : found == TREND_FALLING ? HG_CLASS_FILLING
                                                   : HG_CLASS_BOUNDED;
    growth.blocks_per_round = found == TREND_NONE ? 0 : summary.mean;
    return growth;
}

/* The values at equal distances of ops, from the last warm-up round on: `count` of them. */
static void spread_evenly(const int64_t *values, const int64_t *ops, uint32_t first, uint32_t count,
                          double *ret_even)
{
    double begin = (double)ops[first];
    double step = ((double)ops[first + count - 1] - begin) / (count - 1);
    uint32_t at = first;
    for (uint32_t i = 0; i < count; i++) {
        double wanted = begin + i * step;
        while (at + 2 < first + count && (double)ops[at + 1] < wanted)
            at++;
        double between = (double)(ops[at + 1] - ops[at]);
        double part = between > 0 ? (wanted - (double)ops[at]) / between : 1;
        ret_even[i] = (double)values[at] + part * (double)(values[at + 1] - values[at]);
    }
}

static double largest_fall(const int64_t *values, uint32_t first, uint32_t count)
{
    int64_t most = values[first];
    int64_t fall = 0;
    for (uint32_t i = first; i < first + count; i++) {
        most = values[i] > most ? values[i] : most;
        fall = most - values[i] > fall ? most - values[i] : fall;
    }
    return (double)fall;
}

hg_growth hg_growth_of_level(const int64_t *values, const int64_t *ops, uint32_t count, uint32_t warmup)
{
    const double little = 0.35;
    double even[HG_MAX_ROUNDS + 1];
    hg_growth growth = hg_growth_of_series(values, ops, count, warmup);
    uint32_t first = warmup > 0 ? warmup - 1 : 0;
    if (growth.growth_class == HG_CLASS_LEAK || growth.unclear || count > HG_MAX_ROUNDS ||
        count < first + HG_MIN_ROUNDS)
        return growth;
    uint32_t points = count - first;
    spread_evenly(values, ops, first, points, even);
    hg_slope slope = hg_slope_of(even, points);
    double errors = slope.goes_on && slope.error > 0 ? slope.rise / slope.error : 0;
    if (errors <= hg_student_quantile(points - 2, LEVEL_PERHAPS))
        return growth;
    bool sure = errors > hg_student_quantile(points - 2, HG_LEVEL_SURE) &&
                largest_fall(values, first, points) <= little * slope.rise * (points - 1);
    if (sure)
        growth.growth_class = HG_CLASS_LEAK;
    growth.unclear = !sure;
    growth.blocks_per_round = slope.rise;
    return growth;
}
