#include "driver/speed.h"

#include "analysis/spread.h"
#include "process/launch.h"
#include "verdict/conclude.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_SECONDS        0.25 /* no further repetition after it, unless to confirm a slowdown */
#define LEAST_OPS           8u
#define SHORTEST_NS         250000 /* timed as batches in a repetition */
#define LEAST_TIMED_FOR_P50 20u    /* in all repetitions */
#define LEAST_TIMED_FOR_P99 1000u

/* What the repetitions of one cell gave. */
typedef struct timings {
    double speeds[HG_SPEED_MOST_REPETITIONS]; /* ops per second */
    double p50_ns[HG_SPEED_MOST_REPETITIONS], p99_ns[HG_SPEED_MOST_REPETITIONS];
    uint32_t good;  /* repetitions; the others have 0 */
    uint64_t timed; /* ops, one by one, in all of them */
    bool failed;
    char ending[HG_ENDING_BYTES]; /* how its process ended that failed; empty: it could not be started */
} timings;

/* The cells of one workload on one allocator. */
typedef struct contest {
    const hg_cell_plan *plans;
    hg_cell *cells;
    timings *timings;
    size_t count;
    size_t reference; /* count: none */
    uint64_t warmup_ops, ops;
    uint32_t repetitions; /* done */
} contest;

static bool is_timed(const contest *of, size_t i)
{
    return of->cells[i].verdict != HG_VERDICT_FAILED && of->cells[i].sample_count > 0 &&
           !of->timings[i].failed;
}

/* Runs one process to its end. False when it was stopped or did not end well. */
static bool run_once(const contest *of, size_t i, hg_task task, const volatile int *stop,
                     hg_record_speed *ret_speed)
{
    hg_launched launched;
    hg_process *process = &launched.process;
    char *ending = of->timings[i].ending;
    const hg_run_plan run = {.task = task, .warmup_ops = of->warmup_ops, .round_ops = of->ops};
    if (hg_launch_runner(&of->plans[i], &run, NULL, &launched) < 0)
        return false;
    while (!*stop && !hg_process_poll(process)) {
        struct pollfd gone = {.fd = process->exit_fd, .events = POLLIN};
        poll(&gone, 1, 50);
    }
    if (*stop)
        hg_process_stop(process);
    const hg_ended ended = {.process = process, .record = &launched.record};
    if (hg_record_freeze(&launched.record))
        hg_tell_ending(&ended, ending, sizeof of->timings[i].ending);
    else
        snprintf(ending, sizeof of->timings[i].ending, "out of memory");
    *ret_speed = launched.record.header->speed;
    hg_launched_close(&launched);
    return ending[0] == '\0' && !*stop;
}

/* How many ops every cell is to run. False where there is no sensible number. */
static bool settle_sizes(contest *of, const volatile int *stop)
{
    uint64_t known_good = UINT64_MAX;
    of->warmup_ops = 0;
    for (size_t i = 0; i < of->count; i++) {
        const hg_cell *cell = &of->cells[i];
        uint64_t wanted = hg_cell_plan_warmup(&of->plans[i]);
        uint64_t all = (uint64_t)(cell->warmup_ops + cell->ops);
        if (!is_timed(of, i))
            continue;
        known_good = all < known_good ? all : known_good;
        of->warmup_ops = wanted > of->warmup_ops ? wanted : of->warmup_ops;
    }
    of->ops = known_good;
    for (size_t i = 0; i < of->count && !*stop; i++) {
        hg_record_speed pace;
        if (!is_timed(of, i))
            continue;
        of->warmup_ops = of->warmup_ops < known_good ? of->warmup_ops : known_good;
        of->ops = of->ops < known_good - of->warmup_ops ? of->ops : known_good - of->warmup_ops;
        if (!run_once(of, i, HG_TASK_PACE, stop, &pace)) {
            of->timings[i].failed = true;
            continue;
        }
        of->warmup_ops = (uint64_t)pace.warmup_ops;
        of->ops = (uint64_t)pace.batch_ops;
    }
    return known_good < UINT64_MAX && of->ops >= LEAST_OPS;
}

static void repeat_once(contest *of, size_t i, const volatile int *stop)
{
    hg_record_speed speed;
    timings *into = &of->timings[i];
    uint32_t at = of->repetitions;
    into->speeds[at] = into->p50_ns[at] = into->p99_ns[at] = 0;
    into->failed = !run_once(of, i, HG_TASK_SPEED, stop, &speed);
    if (into->failed || speed.batch_ops <= 0 || speed.batch_ns < SHORTEST_NS)
        return;
    into->good++;
    into->speeds[at] = (double)speed.batch_ops * 1e9 / (double)speed.batch_ns;
    into->p50_ns[at] = hg_histogram_quantile(&speed.latencies, 0.5);
    into->p99_ns[at] = hg_histogram_quantile(&speed.latencies, 0.99);
    into->timed += speed.latencies.count;
}

static hg_spread against_reference(const contest *of, size_t i)
{
    if (of->reference == of->count || i == of->reference || !is_timed(of, i) ||
        !is_timed(of, of->reference) || of->timings[i].good < HG_SPEED_LEAST_REPETITIONS ||
        of->timings[of->reference].good < HG_SPEED_LEAST_REPETITIONS)
        return (hg_spread){0};
    return hg_speed_against(of->timings[i].speeds, of->timings[of->reference].speeds, of->repetitions);
}

static bool is_too_slow(const contest *of, size_t i)
{
    double max_slowdown = of->plans[i].max_slowdown;
    return max_slowdown > 0 && hg_speed_is_too_slow(against_reference(of, i), max_slowdown);
}

static bool any_too_slow(const contest *of)
{
    bool any = false;
    for (size_t i = 0; i < of->count; i++)
        any |= is_too_slow(of, i);
    return any;
}

/* One process a cell, there and back. */
static void repeat_all(contest *of, const volatile int *stop)
{
    bool back = of->repetitions % 2;
    for (size_t k = 0; k < of->count && !*stop; k++) {
        size_t i = back ? of->count - 1 - k : k;
        if (is_timed(of, i))
            repeat_once(of, i, stop);
    }
    of->repetitions += !*stop;
}

/* A slowdown is confirmed by more repetitions before it is believed. */
static void run_contest(contest *of, const volatile int *stop)
{
    double started = hg_process_now();
    while (!*stop && of->repetitions < HG_SPEED_REPETITIONS &&
           (of->repetitions < HG_SPEED_LEAST_REPETITIONS ||
            hg_process_now() - started < CELL_SECONDS * (double)of->count))
        repeat_all(of, stop);
    while (!*stop && of->repetitions < HG_SPEED_MOST_REPETITIONS && any_too_slow(of))
        repeat_all(of, stop);
}

/* Why there is nothing to judge. */
static void explain_no_figure(const contest *of, size_t i, char *ret_text, size_t size)
{
    bool own = of->timings[i].failed || of->reference == of->count;
    const timings *failed = &of->timings[own ? i : of->reference];
    if (failed->failed && failed->ending[0])
        snprintf(ret_text, size, "%swithout the probe %s", own ? "" : "on " HG_REFERENCE ", ",
                 failed->ending);
    else
        snprintf(ret_text, size, "give it more ops, each of 1 \u00b5s to 10 ms");
}

static void judge(const contest *of, size_t i)
{
    hg_cell *cell = &of->cells[i];
    double max_slowdown = of->plans[i].max_slowdown;
    hg_spread against = cell->speed.against;
    char why[HG_ENDING_BYTES + 64];
    char text[HG_ENDING_BYTES + 192];
    if (max_slowdown <= 0 || i == of->reference || cell->verdict == HG_VERDICT_FAILED)
        return;
    if (against.median <= 0) {
        if (cell->verdict == HG_VERDICT_INCONCLUSIVE)
            return;
        explain_no_figure(of, i, why, sizeof why);
        snprintf(text, sizeof text, "whether it is slower than %s could not be measured: %s", HG_REFERENCE,
                 why);
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        cell->met = false;
    } else if (is_too_slow(of, i)) {
        snprintf(text, sizeof text,
                 "an op takes %.3g times as long as in %s (%.3g to %.3g), and max_slowdown is %.3g",
                 1 / against.median, HG_REFERENCE, 1 / against.high, 1 / against.low, max_slowdown);
        cell->too_slow = true;
        cell->met = false;
    } else {
        return;
    }
    hg_cell_say(&cell->reason, "%s%s%s", cell->reason, cell->reason[0] ? "; " : "", text);
}

static void conclude(const contest *of)
{
    uint32_t count = of->repetitions;
    for (size_t i = 0; i < of->count; i++) {
        const timings *from = &of->timings[i];
        hg_speed *speed = &of->cells[i].speed;
        if (is_timed(of, i) && from->good >= HG_SPEED_LEAST_REPETITIONS) {
            *speed = (hg_speed){.ops = (int64_t)of->ops, .repetitions = from->good};
            speed->ops_per_second = hg_spread_of(from->speeds, count);
            if (from->timed >= LEAST_TIMED_FOR_P50)
                speed->p50_ns = hg_spread_of(from->p50_ns, count);
            if (from->timed >= LEAST_TIMED_FOR_P99)
                speed->p99_ns = hg_spread_of(from->p99_ns, count);
            speed->against = against_reference(of, i);
        }
        judge(of, i);
    }
}

static bool is_same_work(const hg_cell_plan *a, const hg_cell_plan *b)
{
    /* One that has a name may have a plug-in for each subject. */
    bool same = a->workload && b->workload ? strcmp(a->workload, b->workload) == 0
                                           : a->workload == b->workload && strcmp(a->plugin, b->plugin) == 0;
    return same && strcmp(a->allocator, b->allocator) == 0 && strcmp(a->corpus, b->corpus) == 0 &&
           a->seed == b->seed;
}

static int measure_contest(contest *of, const volatile int *stop)
{
    of->timings = calloc(of->count, sizeof *of->timings);
    if (!of->timings)
        return -ENOMEM;
    for (of->reference = 0; of->reference < of->count; of->reference++)
        if (strcmp(of->plans[of->reference].subject, HG_REFERENCE) == 0)
            break;
    if (settle_sizes(of, stop))
        run_contest(of, stop);
    if (!*stop)
        conclude(of);
    free(of->timings);
    return *stop ? -EINTR : 0;
}

int hg_speed_measure(const hg_cell_plan *plans, size_t count, const volatile int *stop,
                     hg_speed_progress progress, void *user_data, hg_run *run)
{
    int status = 0;
    for (size_t start = 0; start < count && status == 0;) {
        size_t end = start + 1;
        while (end < count && is_same_work(&plans[start], &plans[end]))
            end++;
        contest of = {.plans = plans + start, .cells = run->cells + start, .count = end - start};
        status = measure_contest(&of, stop);
        start = end;
        if (progress && status == 0)
            progress(start, count, user_data);
    }
    return status;
}
