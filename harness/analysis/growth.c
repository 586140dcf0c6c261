#include "growth.h"

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

/* Increments over the measured rounds; one value a round. */
typedef struct increments {
    double mean, error; /* of the mean */
    double slope, slope_error;
    double late; /* sum over the second half */
    uint32_t count;
    uint32_t positive, negative;            /* how many are above and below 0 */
    uint32_t first_positive, last_positive; /* which, from 1 */
} increments;

/* The upper tail of Student's t for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4). */
static double upper_tail(double t, uint32_t degrees)
{
    double angle = atan(t / sqrt(degrees));
    double cosine = cos(angle);
    double term = degrees % 2 ? cosine : 1;
    double sum = degrees == 1 ? 0 : term;
    for (uint32_t k = degrees % 2 ? 3 : 2; k < degrees; k += 2) {
        term *= cosine * cosine * (k - 1) / k;
        sum += term;
    }
    sum *= sin(angle);
    double inside = degrees % 2 ? (angle + sum) * 2 / acos(-1) : sum;
    return (1 - inside) / 2;
}

double hg_growth_quantile(uint32_t degrees, double level)
{
    double low = 0;
    double high = 1e6;
    if (degrees == 0)
        return INFINITY;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (upper_tail(middle, degrees) > level)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static int64_t settled(const int64_t *live, uint32_t epochs, uint32_t checkpoint)
{
    int64_t sum = 0;
    for (uint32_t epoch = 0; epoch < checkpoint; epoch++)
        sum += live[(size_t)checkpoint * epochs + epoch];
    return sum;
}

static int64_t total(const int64_t *live, uint32_t epochs, uint32_t checkpoint)
{
    return settled(live, epochs, checkpoint) + live[(size_t)checkpoint * epochs + checkpoint];
}

/* Least squares of the increments d[0..count) on their index. */
static void regress(increments *result, const double *d)
{
    double n = result->count;
    double middle = (n - 1) / 2;
    double sxx = 0;
    double sxy = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        sxx += (i - middle) * (i - middle);
        sxy += (i - middle) * (d[i] - result->mean);
    }
    result->slope = sxx > 0 ? sxy / sxx : 0;
    double residual = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        double off = d[i] - result->mean - result->slope * (i - middle);
        residual += off * off;
    }
    result->slope_error = n > 2 && sxx > 0 ? sqrt(residual / (n - 2) / sxx) : INFINITY;
}

static increments summarize(const double *d, uint32_t count)
{
    increments result = {.count = count};
    for (uint32_t i = 0; i < count; i++) {
        result.mean += d[i] / count;
        if (d[i] > 0) {
            result.positive++;
            if (result.first_positive == 0)
                result.first_positive = i + 1;
            result.last_positive = i + 1;
        }
        result.negative += d[i] < 0;
        if (i >= count / 2)
            result.late += d[i];
    }
    double squares = 0;
    for (uint32_t i = 0; i < count; i++)
        squares += (d[i] - result.mean) * (d[i] - result.mean);
    result.error = count > 1 ? sqrt(squares / (count - 1) / count) : INFINITY;
    regress(&result, d);
    return result;
}

/* The increments that are births of measured rounds: what the last warm-up round added is not among them. */
static uint32_t settled_increments(const hg_history *history, const int64_t *live, double *ret_d)
{
    uint32_t count = 0;
    int64_t before = settled(live, history->epochs, history->warmup);
    for (uint32_t t = history->warmup + 1; t < history->epochs; t++) {
        int64_t now = settled(live, history->epochs, t);
        ret_d[count++] = (double)(now - before);
        before = now;
    }
    return count;
}

/*
 * Where nothing ever died, each round with an increment is an event, and the question is whether events have
 * ended. Events at a steady rate in k rounds, the last of them being round j of n, leave the rest silent with
 * probability (j/n)^k; below 1 in 20 they have ended. A single event says nothing about a rate: it is a late
 * initialisation when half of the run was silent afterwards.
 */
static bool events_ended(const increments *d)
{
    if (d->positive == 0)
        return true;
    double heard = (double)d->last_positive / d->count;
    return d->positive == 1 ? heard <= 0.5 : pow(heard, d->positive) < 0.05;
}

/* How surely the increments fall, in standard errors of their slope; 0 when they do not. */
static double fall_of(const increments *d)
{
    if (d->slope >= 0)
        return 0;
    return d->slope_error > 0 ? -d->slope / d->slope_error : INFINITY;
}

/* Increments that surely fall are those of something that fills, once they have lost a good part. */
static bool is_falling(const increments *d, double level)
{
    return fall_of(d) > hg_growth_quantile(d->count - 2, level);
}

static bool has_fallen(const increments *d)
{
    double end = d->mean + d->slope * (d->count - 1) / 2; /* of the fitted line */
    return end < 0.8 * d->mean;
}

/* Where blocks die: growth stands out of the noise, or does not. */
static trend trend_with_deaths(const increments *d, uint32_t sites)
{
    if (d->mean <= 0 || d->late <= 0)
        return TREND_NONE;
    if (is_falling(d, HG_LEVEL_SURE / sites))
        return has_fallen(d) ? TREND_FALLING : TREND_UNCLEAR;
    bool perhaps_falling = is_falling(d, LEVEL_PERHAPS) && has_fallen(d);
    if (d->mean > hg_growth_quantile(d->count - 1, HG_LEVEL_SURE / sites) * d->error && !perhaps_falling)
        return TREND_STEADY;
    return d->mean > hg_growth_quantile(d->count - 1, LEVEL_PERHAPS / sites) * d->error ? TREND_UNCLEAR
                                                                                        : TREND_NONE;
}

/* Where nothing ever died, every increment is real; the question is only whether they go on. */
static trend trend_without_deaths(const increments *d, bool others_die)
{
    if (d->mean <= 0 || events_ended(d))
        return TREND_NONE;
    if (is_falling(d, HG_LEVEL_SURE))
        return has_fallen(d) ? TREND_FALLING : TREND_UNCLEAR;
    bool perhaps_falling = is_falling(d, LEVEL_PERHAPS) && has_fallen(d);
    bool every_round = d->positive == d->count && d->count >= SURE_ROUNDS;
    if ((every_round || d->mean > hg_growth_quantile(d->count - 1, HG_LEVEL_SURE) * d->error) &&
        !perhaps_falling)
        return TREND_STEADY;
    /* Beside a cache, a few young blocks at a rare site are blocks of the cache that have not died yet. */
    bool young = d->positive < 3 || 3 * d->first_positive > d->count;
    return others_die && young ? TREND_NONE : TREND_UNCLEAR;
}

/*
 * Whether the site looks like containers that grow in steps of a factor: at every checkpoint from `first` on
 * the same number of blocks, never smaller, and with bytes in proportion to the ops within one such step. A
 * buffer that grows to the largest input seen, or a few blocks that come and go, do not keep pace like that.
 */
static bool is_growing_container(const hg_history *history, uint32_t first)
{
    const double step = 2.5;
    uint32_t last = history->epochs - 1;
    int64_t number = total(history->blocks, history->epochs, last);
    int64_t before = 0;
    double least = INFINITY;
    double most = 0;
    for (uint32_t t = first; t <= last; t++) {
        int64_t bytes = total(history->bytes, history->epochs, t);
        if (total(history->blocks, history->epochs, t) != number || bytes < before)
            return false;
        before = bytes;
        double per_op = (double)bytes / (double)history->ops[t];
        least = fmin(least, per_op);
        most = fmax(most, per_op);
    }
    return number > 0 && most <= step * least;
}

/*
 * Containers that grow by reallocation, wherever their bytes end up: the totals at the end and at a half, a
 * quarter and an eighth of the run. Growth that keeps pace with the ops doubles them each time, up to the
 * container's step.
 */
static trend trend_by_octaves(const hg_history *history)
{
    enum { OCTAVES = 3 };
    uint32_t at = history->epochs - 1;
    int64_t ops = history->ops[at];
    int64_t end = total(history->bytes, history->epochs, at);
    for (uint32_t octave = 0; octave < OCTAVES; octave++) {
        ops /= 2;
        while (at > 0 && history->ops[at] > ops)
            at--;
        int64_t begin = total(history->bytes, history->epochs, at);
        if (begin <= 0 || (double)end < 1.4 * (double)begin)
            return TREND_NONE;
        end = begin;
    }
    return is_growing_container(history, at) ? TREND_STEADY : TREND_NONE;
}

/* Whether blocks that had settled were freed during the measured rounds. */
bool hg_growth_has_turnover(const hg_history *history)
{
    size_t epochs = history->epochs;
    for (uint32_t t = history->warmup > 1 ? history->warmup : 2; t < history->epochs; t++)
        for (uint32_t epoch = 0; epoch + 1 < t; epoch++)
            if (history->blocks[t * epochs + epoch] < history->blocks[(t - 1) * epochs + epoch])
                return true;
    return false;
}

static hg_class class_without_growth(const hg_history *history, bool turnover)
{
    uint32_t last = history->epochs - 1;
    bool alive = false;
    for (uint32_t t = history->warmup; t <= last; t++)
        alive |= total(history->blocks, history->epochs, t) > 0;
    if (!alive)
        return HG_CLASS_TRANSIENT;
    return !turnover && settled(history->blocks, history->epochs, last) > 0 ? HG_CLASS_ONE_TIME
                                                                            : HG_CLASS_BOUNDED;
}

/*
 * The rate of a container whose size c lies between what it holds and twice that: between c/2 and c over all
 * ops, the middle of that, with the standard deviation of an even spread.
 */
static void set_container_rate(hg_growth *growth, const hg_history *history, double ops_per_round)
{
    uint32_t last = history->epochs - 1;
    double most =
        (double)total(history->bytes, history->epochs, last) / (double)history->ops[last] * ops_per_round;
    growth->bytes_per_round = 0.75 * most;
    growth->bytes_per_round_error = 0.5 * most / sqrt(12);
}

hg_growth hg_growth_of(const hg_history *history, const hg_company *company)
{
    hg_growth growth = {.growth_class = HG_CLASS_TRANSIENT};
    double d[HG_MAX_ROUNDS];
    if (history->epochs < 2 || history->epochs > HG_MAX_ROUNDS || history->warmup > history->epochs - 2)
        return growth;
    uint32_t last = history->epochs - 1;
    bool turnover = hg_growth_has_turnover(history);
    uint32_t sites = company->sites > 0 ? company->sites : 1;
    increments blocks = summarize(d, settled_increments(history, history->blocks, d));
    increments bytes = summarize(d, settled_increments(history, history->bytes, d));
    if (blocks.count < HG_MIN_ROUNDS - 1)
        return growth;
    trend in_number =
        turnover ? trend_with_deaths(&blocks, sites) : trend_without_deaths(&blocks, company->turnover);
    trend in_size = in_number == TREND_NONE ? trend_with_deaths(&bytes, sites) : TREND_NONE;
    trend in_octaves =
        in_number == TREND_NONE && in_size != TREND_STEADY ? trend_by_octaves(history) : TREND_NONE;
    trend found = in_number != TREND_NONE ? in_number : in_octaves == TREND_STEADY ? in_octaves : in_size;
    growth.unclear = found == TREND_UNCLEAR || found == TREND_FALLING;
    growth.bytes_noise = isfinite(bytes.error) ? bytes.error : 0;
    if (found == TREND_STEADY)
        growth.growth_class = HG_CLASS_LEAK;
    else if (found == TREND_FALLING)
        growth.growth_class = HG_CLASS_FILLING;
    else
        growth.growth_class = class_without_growth(history, turnover);
    if (found == TREND_NONE)
        return growth;
    growth.blocks_per_round = blocks.mean > 0 ? blocks.mean : 0;
    growth.bytes_per_round = bytes.mean;
    growth.bytes_per_round_error = bytes.error;
    if (in_octaves == TREND_STEADY)
        set_container_rate(&growth, history, (double)(history->ops[last] - history->ops[last - 1]));
    return growth;
}

double hg_growth_of_series(const int64_t *values, uint32_t count, uint32_t warmup)
{
    double d[HG_MAX_ROUNDS];
    uint32_t n = 0;
    if (count > HG_MAX_ROUNDS)
        return 0;
    for (uint32_t t = warmup > 0 ? warmup : 1; t < count; t++)
        d[n++] = (double)(values[t] - values[t - 1]);
    if (n < HG_MIN_ROUNDS - 1)
        return 0;
    increments summary = summarize(d, n);
    bool steady = summary.negative == 0 && trend_without_deaths(&summary, false) == TREND_STEADY;
    return steady ? summary.mean : 0;
}
