#include "series/outcome.h"

#include "analysis/growth.h"
#include "analysis/lifetimes.h"
#include "analysis/slope.h"
#include "analysis/statistics.h"
#include "base/humanise.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A growth of less than so many errors of sampling is no growth, and of more than SURE is a sure one:
 * one-sided levels of 1 in 700 and 1 in 30,000. */
#define NOISE_ERRORS 3.0
#define SURE_ERRORS  4.0

/* The neighbours of noise are not alike: its first autocorrelation is less. */
#define MOST_ALIKE 0.5

/* Of one point: a leak of less is not promised to be seen. */
#define DETECTABLE_BYTES 32.0

enum { MOST_SITES = 100, FEWEST_ROUNDS = 8 };

/* The points that are looked at, of one call path or of all of them. */
typedef struct curve {
    double bytes[HG_MAX_ROUNDS], blocks[HG_MAX_ROUNDS], variance[HG_MAX_ROUNDS];
    bool known[HG_MAX_ROUNDS];
} curve;

typedef struct judged {
    uint32_t path;
    hg_growth growth;     /* per point */
    double bytes, blocks; /* alive at the last point */
} judged;

typedef struct concluding {
    const hg_series *series;
    uint32_t count, step;         /* points that are looked at: every step-th, and the last */
    int64_t ops[HG_MAX_ROUNDS];   /* their times, in units of the series' clock per 1,000 */
    int64_t order[HG_MAX_ROUNDS]; /* and their numbers */
    uint32_t warmup;
    curve path, all, quiet; /* quiet: of those that rise and never fall */
    judged *sites;
    size_t site_count;
    size_t unclear_paths;  /* that grow, but not steadily */
    double scatter, noise; /* bytes per point that could hide in the scatter of a path; with sampling */
} concluding;

const char *hg_series_unit(hg_series_clock clock)
{
    static const char *const units[] = {"second", "million instructions", "MiB allocated", "file"};
    return units[clock];
}

/* How much of the time one op is. */
static double op_of(hg_series_clock clock)
{
    static const double ops[] = {1e9, 1e6, 1048576, 1};
    return ops[clock];
}

static uint32_t point_at(const concluding *now, uint32_t index)
{
    uint32_t last = now->series->point_count - 1;
    return index + 1 == now->count ? last : index * now->step;
}

static void choose_points(concluding *now)
{
    uint32_t all = now->series->point_count;
    now->step = (all + HG_MAX_ROUNDS - 1) / HG_MAX_ROUNDS;
    now->count = (all + now->step - 1) / now->step;
    now->warmup = now->count > 10 ? (now->count + 4) / 5 : 2;
    for (uint32_t i = 0; i < now->count; i++) {
        int64_t time = now->series->points[point_at(now, i)].time - now->series->points[0].time;
        now->ops[i] = (int64_t)((double)time / op_of(now->series->clock) * 1000);
        now->order[i] = i;
    }
}

/* Where a profile leaves out what is small: no more than that, and no more than at the points beside it. */
static void fill_gaps(const concluding *now, curve *path)
{
    double before = 0;
    for (uint32_t i = 0; i < now->count; i++) {
        double threshold = now->series->points[point_at(now, i)].threshold, after = 0;
        if (path->known[i] || threshold <= 0) {
            before = path->bytes[i];
            continue;
        }
        for (uint32_t k = i + 1; k < now->count && after == 0; k++)
            after = path->known[k] ? path->bytes[k] : 0;
        path->bytes[i] = fmin(threshold, fmax(before, after));
    }
}

static void add_curve(const concluding *now, const curve *path, curve *sum)
{
    for (uint32_t i = 0; i < now->count; i++) {
        sum->bytes[i] += path->bytes[i];
        sum->blocks[i] += path->blocks[i];
        sum->variance[i] += path->variance[i];
    }
}

static int64_t whole(double value)
{
    return value > 9e15 ? INT64_C(9000000000000000) : value < 0 ? 0 : (int64_t)llround(value);
}

/* The increments by one of the clocks, over every so many points up to the last, and what they show. */
static hg_growth growth_by(const concluding *now, const curve *path, const int64_t *clock, uint32_t stride,
                           hg_increments *ret_bytes)
{
    int64_t values[HG_MAX_ROUNDS], times[HG_MAX_ROUNDS];
    double d[HG_MAX_ROUNDS];
    uint32_t first = now->warmup - 1, steps = (now->count - 1 - first) / stride;
    const hg_history history = {.epochs = steps + 1, .warmup = 1, .ops = times};
    for (uint32_t i = 0; i <= steps; i++) {
        uint32_t at = now->count - 1 - (steps - i) * stride;
        values[i] = whole(path->bytes[at]);
        times[i] = clock[at] - clock[first];
    }
    for (uint32_t i = 1; i <= steps; i++)
        d[i - 1] = (double)(values[i] - values[i - 1]) * hg_history_weight(&history, i);
    *ret_bytes = hg_increments_of(d, steps);
    ret_bytes->error /= stride;
    return hg_growth_of_series(values, times, steps + 1, 1);
}

/*
 * By time, else by the number of the file; else with longer rounds, in which bursts are alike. The first of
 * them that shows a leak, or else the first.
 */
static hg_growth look_at_increments(const concluding *now, const curve *path, hg_increments *ret_bytes)
{
    hg_growth growth = growth_by(now, path, now->ops, 1, ret_bytes);
    const int64_t *const clocks[] = {now->ops, now->order};
    for (uint32_t stride = 1; stride == 1 || (now->count - now->warmup) / stride >= FEWEST_ROUNDS;
         stride *= 2)
        for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
            hg_increments seen;
            hg_growth other = growth_by(now, path, clocks[i], stride, &seen);
            if (other.growth_class != HG_CLASS_LEAK)
                continue;
            *ret_bytes = seen;
            return other;
        }
    return growth;
}

/*
 * One error of a gain, in bytes per point, because blocks are sampled: each sampled one stands for about as
 * many bytes as the variance has for each byte, and the number of those that came is Poisson's. What comes
 * and goes beside them shows in the scatter.
 */
static double sampling_error(const concluding *now, const curve *path, double gained)
{
    double weight = 0, span = now->count - now->warmup;
    for (uint32_t i = now->warmup - 1; i < now->count; i++)
        if (path->bytes[i] > 0)
            weight = fmax(weight, path->variance[i] / path->bytes[i]);
    return sqrt(weight * fmax(fabs(gained * span), weight)) / span;
}

/*
 * A level may rise where its increments are too unsteady to show it. A rise is sure where what is left beside
 * the line is like noise.
 */
static void look_at_level(const concluding *now, const hg_slope *slope, hg_growth *growth)
{
    double paths = now->series->paths.count > 0 ? (double)now->series->paths.count : 1;
    uint32_t freedom = now->count - now->warmup - 1;
    if (growth->growth_class == HG_CLASS_LEAK || !slope->goes_on ||
        slope->rise <= hg_student_quantile(freedom, HG_LEVEL_SURE / paths) * slope->error)
        return;
    bool is_sure = slope->autocorrelation < MOST_ALIKE;
    growth->growth_class = is_sure ? HG_CLASS_LEAK : HG_CLASS_BOUNDED;
    growth->unclear = growth->recurring = !is_sure;
    growth->bytes_per_round = slope->rise;
}

/* Growth within the noise of sampling is none. */
static void weigh_sampling(double sampling, hg_growth *growth)
{
    double gained = growth->bytes_per_round;
    bool grows = growth->growth_class == HG_CLASS_LEAK || growth->unclear;
    if (grows && gained <= NOISE_ERRORS * sampling) {
        growth->growth_class = HG_CLASS_BOUNDED;
        growth->unclear = growth->recurring = false;
    } else if (growth->growth_class == HG_CLASS_LEAK && gained <= SURE_ERRORS * sampling) {
        growth->growth_class = HG_CLASS_BOUNDED;
        growth->unclear = growth->recurring = true;
    }
    if (growth->growth_class == HG_CLASS_BOUNDED && !growth->unclear)
        growth->bytes_per_round = 0;
}

/*
 * What has fallen as far as it rose is a saw, whose phase at either end is chance. A leak of less hides in
 * it.
 */
static void weigh_falls(const concluding *now, const curve *path, hg_growth *growth)
{
    uint32_t first = now->warmup - 1, last = now->count - 1;
    const double creep = 0.05; /* of what is alive */
    double most = path->bytes[first], fall = creep * path->bytes[last];
    for (uint32_t i = first; i <= last; i++) {
        most = fmax(most, path->bytes[i]);
        fall = fmax(fall, most - path->bytes[i]);
    }
    bool grows = growth->growth_class == HG_CLASS_LEAK || growth->unclear;
    if (!grows || growth->bytes_per_round * (last - first) > fall)
        return;
    growth->growth_class = HG_CLASS_BOUNDED;
    growth->unclear = growth->recurring = false;
    growth->bytes_per_round = 0;
    growth->hidden_bytes_per_round = fmax(growth->hidden_bytes_per_round, fall / (last - first));
}

/* Of what grows, the rate and its error; of all else, the error alone. */
static hg_growth judge_curve(const concluding *now, const curve *path)
{
    hg_increments seen;
    hg_growth growth = look_at_increments(now, path, &seen);
    uint32_t first = now->warmup - 1, last = now->count - 1;
    hg_slope slope = hg_slope_of(path->bytes + first, now->count - first);
    growth.recurring = growth.unclear && seen.positive >= 3;
    growth.bytes_per_round = (path->bytes[last] - path->bytes[first]) / (last - first);
    look_at_level(now, &slope, &growth);
    double sampling = sampling_error(now, path, growth.bytes_per_round);
    weigh_sampling(sampling > 0 && isfinite(slope.error) ? hypot(sampling, slope.error) : sampling, &growth);
    double error = fmin(slope.error, seen.error);
    growth.bytes_per_round_error = hypot(sampling, isfinite(error) ? error : 0);
    growth.hidden_bytes_per_round = isfinite(error) ? error : 0; /* the scatter alone, for the caller */
    weigh_falls(now, path, &growth);
    growth.blocks_per_round = 0;
    if (growth.growth_class == HG_CLASS_LEAK)
        growth.blocks_per_round = fmax(0, (path->blocks[last] - path->blocks[first]) / (last - first));
    return growth;
}

static int compare_sightings(const void *a, const void *b)
{
    const hg_series_sighting *x = a, *y = b;
    return x->path != y->path ? (x->path < y->path ? -1 : 1) : (x->point > y->point) - (x->point < y->point);
}

/* A leak of three samples is seen 19 times in 20, and one that stands out of the scatter. */
static void note_noise(concluding *now, const hg_growth *growth)
{
    double scatter = growth->hidden_bytes_per_round;
    double sampling =
        sqrt(fmax(0, growth->bytes_per_round_error * growth->bytes_per_round_error - scatter * scatter));
    double hidden = (hg_student_quantile(now->count - now->warmup - 1, 1e-2) + 3) * scatter;
    now->scatter = fmax(now->scatter, hidden);
    now->noise = fmax(now->noise, hidden + 3 * sampling);
}

/* Whether it rises, and never falls. */
static bool is_quiet(const concluding *now, const curve *path)
{
    bool falls = false;
    for (uint32_t i = now->warmup; i < now->count; i++)
        falls |= path->bytes[i] < path->bytes[i - 1];
    return !falls && path->bytes[now->count - 1] > path->bytes[now->warmup - 1];
}

static void note_path(concluding *now, uint32_t path)
{
    fill_gaps(now, &now->path);
    add_curve(now, &now->path, &now->all);
    if (is_quiet(now, &now->path))
        add_curve(now, &now->path, &now->quiet);
    judged *site = &now->sites[now->site_count++];
    *site = (judged){.path = path,
                     .growth = judge_curve(now, &now->path),
                     .bytes = now->path.bytes[now->count - 1],
                     .blocks = now->path.blocks[now->count - 1]};
    if (site->growth.growth_class != HG_CLASS_LEAK)
        note_noise(now, &site->growth);
    now->unclear_paths += site->growth.recurring;
}

/* Every call path, one after the other: its sightings are neighbours. */
static bool judge_paths(concluding *now)
{
    const hg_series *series = now->series;
    size_t count = series->sightings.size / sizeof(hg_series_sighting);
    hg_series_sighting *all = (hg_series_sighting *)(void *)series->sightings.bytes;
    now->sites = calloc(series->paths.count + 1, sizeof *now->sites);
    if (!now->sites)
        return false;
    if (count > 0)
        qsort(all, count, sizeof *all, compare_sightings);
    for (size_t i = 0; i < count;) {
        uint32_t path = all[i].path;
        memset(&now->path, 0, sizeof now->path);
        for (; i < count && all[i].path == path; i++) {
            uint32_t at = all[i].point == series->point_count - 1 ? now->count - 1 : all[i].point / now->step;
            if (point_at(now, at) != all[i].point)
                continue;
            now->path.bytes[at] += all[i].bytes;
            now->path.blocks[at] += all[i].blocks;
            now->path.variance[at] += all[i].variance;
            now->path.known[at] = true;
        }
        note_path(now, path);
    }
    return true;
}

/* Growth first, the fastest first; then what is large. */
static int compare_sites(const void *a, const void *b)
{
    const judged *x = a, *y = b;
    bool x_leaks = x->growth.growth_class == HG_CLASS_LEAK, y_leaks = y->growth.growth_class == HG_CLASS_LEAK;
    if (x_leaks != y_leaks)
        return x_leaks ? -1 : 1;
    double p = x_leaks ? x->growth.bytes_per_round : x->bytes;
    double q = y_leaks ? y->growth.bytes_per_round : y->bytes;
    return p != q ? (p > q ? -1 : 1) : (x->path > y->path) - (x->path < y->path);
}

static char *copy_string(const hg_series *series, uint32_t number)
{
    size_t length;
    return strdup(hg_intern_get(&series->strings, number, &length));
}

static bool copy_frames(const hg_series *series, uint32_t path, hg_site *site)
{
    hg_series_extent extent;
    memcpy(&extent, series->extents.bytes + path * sizeof extent, sizeof extent);
    site->frames = calloc(extent.count + 1, sizeof *site->frames);
    for (uint32_t i = 0; site->frames && i < extent.count; i++) {
        hg_series_frame frame;
        memcpy(&frame, series->frames.bytes + (extent.begin + i) * sizeof frame, sizeof frame);
        hg_frame *made = &site->frames[site->frame_count++];
        *made = (hg_frame){.function = copy_string(series, frame.function),
                           .file = copy_string(series, frame.file),
                           .module = copy_string(series, frame.module),
                           .offset = frame.offset,
                           .line = frame.line};
        if (!made->function || !made->file || !made->module)
            return false;
    }
    return site->frames != NULL;
}

static bool write_sites(concluding *now, double ops_per_point, hg_cell *cell)
{
    size_t count = now->site_count < MOST_SITES ? now->site_count : MOST_SITES;
    qsort(now->sites, now->site_count, sizeof *now->sites, compare_sites);
    cell->sites = calloc(count + 1, sizeof *cell->sites);
    for (size_t i = 0; cell->sites && i < count; i++) {
        const judged *from = &now->sites[i];
        hg_site *site = &cell->sites[cell->site_count++];
        bool grows =
            from->growth.growth_class == HG_CLASS_LEAK || from->growth.growth_class == HG_CLASS_FILLING;
        *site =
            (hg_site){.growth_class = from->growth.growth_class,
                      .bytes_per_op = grows ? from->growth.bytes_per_round / ops_per_point : 0,
                      .bytes_per_op_error = grows ? from->growth.bytes_per_round_error / ops_per_point : 0,
                      .blocks_per_op = from->growth.blocks_per_round / ops_per_point,
                      .live_bytes = whole(from->bytes),
                      .live_blocks = whole(from->blocks),
                      .contexts = 1};
        if (!copy_frames(now->series, from->path, site))
            return false;
    }
    return cell->sites != NULL;
}

static bool write_samples(const concluding *now, hg_cell *cell)
{
    double op = op_of(now->series->clock);
    cell->samples = calloc(now->count + 1, sizeof *cell->samples);
    if (!cell->samples)
        return false;
    for (uint32_t i = 0; i < now->count; i++) {
        int64_t time = now->series->points[point_at(now, i)].time - now->series->points[0].time;
        int64_t before =
            i > 0 ? now->series->points[point_at(now, i - 1)].time - now->series->points[0].time : 0;
        cell->samples[cell->sample_count++] =
            (hg_sample){.round = i,
                        .ops = (int64_t)((double)time / op),
                        .live_bytes = whole(now->all.bytes[i]),
                        .live_blocks = whole(now->all.blocks[i]),
                        .allocated_bytes = -1,
                        .mapped_bytes = -1,
                        .mappings = -1,
                        .wall_ns = now->series->clock == HG_SERIES_SECONDS ? time - before : 0};
    }
    return true;
}

/* The growth of all that leaks, with its error. */
static size_t add_up(const concluding *now, double ops_per_point, hg_cell *cell)
{
    size_t leaks = 0;
    double squares = 0;
    for (size_t i = 0; i < now->site_count; i++) {
        const hg_growth *growth = &now->sites[i].growth;
        if (growth->growth_class != HG_CLASS_LEAK)
            continue;
        leaks++;
        cell->bytes_per_op += growth->bytes_per_round / ops_per_point;
        cell->blocks_per_op += growth->blocks_per_round / ops_per_point;
        squares += growth->bytes_per_round_error * growth->bytes_per_round_error;
    }
    cell->bytes_per_op_error = sqrt(squares) / ops_per_point;
    return leaks;
}

static bool say_few(const hg_series *series, hg_cell *cell)
{
    cell->verdict = HG_VERDICT_INCONCLUSIVE;
    const char *what = series->many ? "snapshot" : "profile";
    return hg_cell_say(
        &cell->reason, "%u %s%s too few: at least %u are needed, taken while the program works",
        series->point_count, what, series->point_count == 1 ? " is" : "s are", HG_SERIES_FEWEST);
}

/* Whether all together rise by less than half of what the leaks do, surely: others shrink by as much. */
static bool is_replaced(const concluding *now)
{
    uint32_t first = now->warmup - 1, steps = now->count - 1 - first;
    hg_slope slope = hg_slope_of(now->all.bytes + first, now->count - first);
    double rise = now->all.bytes[now->count - 1] - now->all.bytes[first], leaking = 0;
    for (size_t i = 0; i < now->site_count; i++)
        if (now->sites[i].growth.growth_class == HG_CLASS_LEAK)
            leaking += now->sites[i].growth.bytes_per_round;
    return 2 * rise < leaking * steps && 2 * (slope.rise + NOISE_ERRORS * slope.error) < leaking;
}

static bool decide(concluding *now, size_t leaks, hg_cell *cell)
{
    bool together = judge_curve(now, &now->all).growth_class == HG_CLASS_LEAK ||
                    judge_curve(now, &now->quiet).growth_class == HG_CLASS_LEAK;
    const char *noise = now->series->sampled ? "; the error has the noise of sampling in it" : "";
    if (now->site_count == 0) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return hg_cell_say(&cell->reason, "no %s has a call path that holds memory: nothing was sampled",
                           now->series->many ? "snapshot" : "profile");
    }
    if (leaks > 0 && cell->bytes_per_op > cell->max_bytes_per_op && is_replaced(now)) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return hg_cell_say(
            &cell->reason,
            "%zu call path%s, but others shrink by as much, so that the blocks may come in the "
            "place of theirs; take more profiles, over a longer time",
            leaks, leaks == 1 ? " grows" : "s grow");
    }
    if (leaks > 0 && cell->bytes_per_op > cell->max_bytes_per_op) {
        cell->verdict = HG_VERDICT_LEAK;
        return hg_cell_say(&cell->reason, "%zu call path%s from %s to %s%s", leaks,
                           leaks == 1 ? " grows" : "s grow", now->series->many ? "snapshot" : "profile",
                           now->series->many ? "snapshot" : "profile", noise);
    }
    if (leaks > 0) {
        cell->verdict = HG_VERDICT_CLEAN;
        return hg_cell_say(&cell->reason, "growth is within the budget%s", noise);
    }
    if (now->unclear_paths > 0 || together) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return now->unclear_paths > 0
                   ? hg_cell_say(&cell->reason,
                                 "%zu call path%s, but not steadily; take more profiles, over a longer time",
                                 now->unclear_paths, now->unclear_paths == 1 ? " grows" : "s grow")
                   : hg_cell_say(&cell->reason,
                                 "all call paths together grow, and none of them steadily; take "
                                 "more profiles, over a longer time");
    }
    double most = 0;
    for (uint32_t i = 0; i < now->count; i++)
        most = fmax(most, now->all.bytes[i]);
    if (now->scatter * (now->count - now->warmup) > most) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return hg_cell_say(&cell->reason,
                           "a leak of all that was ever alive could hide in the noise; take more "
                           "profiles%s",
                           now->series->sampled ? ", or sample more often" : "");
    }
    cell->verdict = HG_VERDICT_CLEAN;
    return hg_cell_say(&cell->reason, "no call path grows%s", noise);
}

static bool conclude(concluding *now, hg_cell *cell)
{
    double span = (double)(now->ops[now->count - 1] - now->ops[now->warmup - 1]) / 1000;
    double ops_per_point = span / (now->count - now->warmup);
    if (!judge_paths(now))
        return false;
    size_t leaks = add_up(now, ops_per_point, cell);
    cell->rounds = now->count - now->warmup;
    cell->warmup_rounds = now->warmup;
    cell->ops = llround(span);
    cell->warmup_ops = now->ops[now->warmup - 1] / 1000;
    cell->contexts = now->series->paths.count;
    cell->min_detectable_bytes_per_op = fmax(now->noise, DETECTABLE_BYTES) / ops_per_point;
    return write_samples(now, cell) && decide(now, leaks, cell) && write_sites(now, ops_per_point, cell);
}

bool hg_series_conclude(const hg_series *series, double max_bytes_per_op, hg_cell *cell)
{
    cell->max_bytes_per_op = max_bytes_per_op;
    if (series->point_count < HG_SERIES_FEWEST)
        return say_few(series, cell);
    concluding *now = calloc(1, sizeof *now);
    if (!now)
        return false;
    now->series = series;
    choose_points(now);
    bool done = conclude(now, cell);
    free(now->sites);
    free(now);
    return done;
}
