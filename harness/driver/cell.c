#include "driver/cell.h"

#include "analysis/looks.h"
#include "process/launch.h"
#include "verdict/conclude.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hg_cell_run {
    hg_cell_plan plan;
    hg_launched launched;
    bool running, done;
    hg_run_plan rounds; /* of the look that runs */
    uint64_t first_ops;
    uint32_t look;                     /* the number of the one that runs, from 1 */
    hg_look_rate paces[HG_MOST_LOOKS]; /* of each */
    uint64_t look_ops[HG_MOST_LOOKS];  /* of a measured round */
    hg_next_look wanted;               /* why it runs */
    bool repeated;                     /* it is as long as the one before, since the longer one failed */
    double time_limit_seconds;
    bool budget_bound; /* the limit is what is left of the budget */
    double started;
    hg_cell result; /* after the last look that ended well */
    hg_cell before; /* after the one before that */
};

static void finish(hg_cell_run *run)
{
    run->done = true;
    run->result.duration_seconds = hg_process_now() - run->started;
    run->result.met = hg_expect_is_met(run->result.expect, run->result.verdict);
    if (run->plan.exact_ops)
        hg_cell_say(&run->result.reproduce, "%s --ops %lld", run->plan.reproduce, (long long)run->first_ops);
    else
        hg_cell_set(&run->result.reproduce, run->plan.reproduce);
    hg_launched_close(&run->launched);
}

static void end_as(hg_cell_run *run, hg_verdict verdict, const char *reason)
{
    run->result.verdict = verdict;
    hg_cell_set(&run->result.reason, reason);
    finish(run);
}

static double budget_left(const hg_cell_run *run)
{
    double budget = run->plan.budget_seconds;
    return budget > 0 ? budget - (hg_process_now() - run->started) : INFINITY;
}

/* A longer look may take longer, but none more than what is left of the budget. */
static void set_time_limit(hg_cell_run *run)
{
    double left = budget_left(run);
    run->time_limit_seconds = run->plan.time_limit_seconds * pow(HG_LOOK_FACTOR, run->look - 1);
    run->budget_bound = left < run->time_limit_seconds;
    if (run->budget_bound)
        run->time_limit_seconds = left;
}

/* Starts the measured process on a new record. 0 or a negative errno. */
static int launch(hg_cell_run *run)
{
    hg_launched_close(&run->launched);
    set_time_limit(run);
    hg_cell_plan plan = run->plan;
    plan.time_limit_seconds = run->time_limit_seconds;
    int status = hg_launch_runner(&plan, &run->rounds, NULL, &run->launched);
    run->running = status == 0;
    return status;
}

static uint64_t longer_round(const hg_cell_run *run)
{
    const hg_look_length length = {.warmup_rounds = run->rounds.warmup_rounds,
                                   .rounds = run->rounds.rounds,
                                   .least_warmup_ops = hg_cell_plan_rounds(&run->plan, 0).warmup_ops,
                                   .ops_per_round = run->rounds.round_ops};
    return hg_look_longer(&length);
}

/* Measured, of a look from 1. */
static uint64_t ops_of_look(const hg_cell_run *run, uint32_t look)
{
    return run->look_ops[look - 1] * run->plan.rounds;
}

static void note_sizes(hg_cell_run *run)
{
    const hg_run_plan *rounds = &run->rounds;
    run->result.ops = (int64_t)(rounds->round_ops * rounds->rounds);
    run->result.warmup_ops = (int64_t)(rounds->warmup_ops * rounds->warmup_rounds);
    run->result.rounds = rounds->rounds;
    run->result.warmup_rounds = rounds->warmup_rounds;
}

/* The verdict stands; a leak that was a surprise says that it was confirmed. */
static void conclude(hg_cell_run *run)
{
    bool surprise = run->result.verdict == HG_VERDICT_LEAK && run->result.expect == HG_EXPECT_CLEAN;
    if (surprise && run->before.verdict != HG_VERDICT_CLEAN)
        hg_cell_say(&run->result.reason, "%s; %s run shows it, too", run->result.reason,
                    run->repeated ? "a second" : "a shorter");
    finish(run);
}

/* Without what was wanted the verdict does not stand. */
static void doubt(hg_cell_run *run, const char *why)
{
    run->result.verdict = HG_VERDICT_INCONCLUSIVE;
    hg_cell_say(&run->result.reason, "%s; %s", run->result.reason, why);
    finish(run);
}

/* Fragmentation that no second run shows at the same rate. */
static void refute_fragmentation(hg_cell_run *run)
{
    run->result.verdict = HG_VERDICT_CLEAN;
    hg_cell_say(
        &run->result.reason,
        "no growth; %.3g bytes per op would have shown; what the allocator holds grew, but no second run "
        "confirms it",
        run->result.min_detectable_bytes_per_op);
    finish(run);
}

/* Nobody's cell is held up for fragmentation that nobody expects. */
static void end_unconfirmed(hg_cell_run *run, const char *why)
{
    if (run->result.verdict == HG_VERDICT_FRAGMENTATION && run->result.expect != HG_EXPECT_FRAGMENTATION)
        refute_fragmentation(run);
    else
        doubt(run, why);
}

/* A run that does not end well fails the cell if it is the first; a longer one takes nothing back. */
static void after_failure(hg_cell_run *run, const char *reason, hg_symbols *symbols)
{
    const hg_launched *launched = &run->launched;
    bool leaks = run->result.verdict == HG_VERDICT_LEAK;
    bool spent = run->budget_bound && launched->process.ending == HG_ENDING_TIME_LIMIT;
    if (run->look == 1) {
        if (hg_record_is_sound(&launched->record)) {
            hg_module_owners owners = hg_module_owners_of(&run->plan);
            hg_judge_remains(&launched->record, &owners, symbols, &run->result);
        }
        hg_cell_set(&run->result.log, launched->process.log);
        end_as(run, spent ? HG_VERDICT_INCONCLUSIVE : HG_VERDICT_FAILED, reason);
    } else if (run->wanted == HG_LOOK_FURTHER) {
        conclude(run);
    } else if (leaks && launched->process.ending == HG_ENDING_MEMORY_LIMIT) {
        finish(run);
    } else if (leaks && !spent && !run->repeated) {
        run->repeated = true;
        run->rounds = hg_cell_plan_rounds(&run->plan, run->look_ops[run->look - 2]);
        if (launch(run) < 0)
            doubt(run, "it could not be run again to confirm it");
    } else {
        char why[HG_ENDING_BYTES + 64];
        snprintf(why, sizeof why, "a longer run, to be sure, failed: %s", reason);
        end_unconfirmed(run, why);
    }
}

static bool ended_well(hg_cell_run *run, hg_symbols *symbols)
{
    char reason[HG_ENDING_BYTES];
    const hg_ended ended = {.process = &run->launched.process,
                            .record = &run->launched.record,
                            .budget_seconds = run->budget_bound ? run->plan.budget_seconds : 0};
    hg_tell_ending(&ended, reason, sizeof reason);
    if (reason[0] == '\0')
        return true;
    after_failure(run, reason, symbols);
    return false;
}

/* What the next look allocates, it is assumed, is what this one did, times its length. */
static int64_t allocations_of(const hg_record *record)
{
    return record->samples[record->header->epochs - 1].allocations;
}

/* The verdict excludes no leak that is slower than what is still seen. */
static void call_faded(hg_cell_run *run)
{
    hg_cell *cell = &run->result;
    cell->verdict = HG_VERDICT_CLEAN;
    cell->min_detectable_bytes_per_op = fmax(cell->min_detectable_bytes_per_op, 3 * cell->bytes_per_op);
    hg_cell_say(&cell->reason,
                "growth fades: %.3g bytes per op in a run of %" PRIu64 " ops, and %.3g in one of %lld",
                run->paces[HG_MOST_LOOKS - 2].rate, ops_of_look(run, HG_MOST_LOOKS - 1), cell->bytes_per_op,
                (long long)cell->ops);
    finish(run);
}

/* No single look was sure of it; all looks together are. */
static void call_persistent(hg_cell_run *run)
{
    hg_cell *cell = &run->result;
    cell->verdict = HG_VERDICT_LEAK;
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].bytes_per_op > 0 && cell->sites[i].growth_class != HG_CLASS_FILLING)
            cell->sites[i].growth_class = HG_CLASS_LEAK;
    hg_cell_say(&cell->reason,
                "more comes than goes: the heap grows by %.3g bytes per op in runs of %" PRIu64 ", %" PRIu64
                " and %" PRIu64 " ops alike",
                cell->bytes_per_op, ops_of_look(run, run->look - 2), ops_of_look(run, run->look - 1),
                ops_of_look(run, run->look));
    finish(run);
}

/* Every look shows growth, and each a slower one. */
static void call_slowing(hg_cell_run *run)
{
    char why[192];
    snprintf(why, sizeof why,
             "but slower the longer the run: %.3g bytes per op in one of %" PRIu64 " ops, %.3g in one of "
             "%" PRIu64 "; what fills needs more warm-up or more ops",
             run->paces[run->look - 2].rate, ops_of_look(run, run->look - 1), run->paces[run->look - 1].rate,
             ops_of_look(run, run->look));
    doubt(run, why);
}

/* What all looks say, when no other is wanted. */
static void settle(hg_cell_run *run)
{
    switch (run->wanted) {
    case HG_LOOK_FADES:
        call_faded(run);
        break;
    case HG_LOOK_PERSISTS:
        call_persistent(run);
        break;
    case HG_LOOK_REFUTES:
        refute_fragmentation(run);
        break;
    case HG_LOOK_SLOWS:
        call_slowing(run);
        break;
    case HG_LOOK_DOUBT:
        doubt(run, "runs of different length do not agree: some grow and some do not");
        break;
    default:
        conclude(run);
    }
}

/* A look that is not needed may take this share of what is left of the budget. */
#define SPARE_SHARE 0.05

/* Ends the cell, or starts the next look. A look that promises not to fit the budget is not begun. */
static void look_on(hg_cell_run *run, bool thin)
{
    const hg_look look = {
        .number = run->look,
        .paces = run->paces,
        .now = &run->result,
        .before = run->look > 1 ? &run->before : NULL,
        .thin = thin,
        .allocations = allocations_of(&run->launched.record),
    };
    double next_seconds = (hg_process_now() - run->launched.process.started) * HG_LOOK_FACTOR;
    run->paces[run->look - 1] = (hg_look_rate){.rate = run->result.bytes_per_op,
                                               .error = run->result.bytes_per_op_error,
                                               .visible = run->result.min_detectable_bytes_per_op};
    run->look_ops[run->look - 1] = run->rounds.round_ops;
    run->wanted = hg_look_next(&look);
    if (run->wanted == HG_LOOK_FURTHER && run->plan.exact_ops)
        run->wanted = HG_LOOK_DONE;
    if (run->wanted != HG_LOOK_FURTHER && run->wanted != HG_LOOK_AGAIN) {
        settle(run);
    } else if (run->wanted == HG_LOOK_FURTHER && next_seconds > SPARE_SHARE * budget_left(run)) {
        conclude(run);
    } else if (next_seconds > budget_left(run)) {
        char why[128];
        snprintf(why, sizeof why, "the budget of %g s leaves no time for a longer run",
                 run->plan.budget_seconds);
        end_unconfirmed(run, why);
    } else {
        run->look++;
        run->rounds = hg_cell_plan_rounds(&run->plan, longer_round(run));
        if (launch(run) < 0)
            end_unconfirmed(run, "a longer run could not be started");
    }
}

/* Keeps the verdict, the sites and the samples so far, to compare with. */
static void put_aside(hg_cell_run *run)
{
    hg_cell_clear(&run->before);
    run->before.verdict = run->result.verdict;
    run->before.sites = run->result.sites;
    run->before.site_count = run->result.site_count;
    run->before.samples = run->result.samples;
    run->before.sample_count = run->result.sample_count;
    run->before.warmup_rounds = run->result.warmup_rounds;
    run->result.sites = NULL;
    run->result.samples = NULL;
    run->result.site_count = run->result.sample_count = 0;
}

static void after_measurement(hg_cell_run *run, hg_symbols *symbols)
{
    if (!ended_well(run, symbols))
        return;
    const hg_judge_input input = {
        .record = &run->launched.record,
        .owners = hg_module_owners_of(&run->plan),
        .warmup_rounds = run->rounds.warmup_rounds,
        .ops_per_round = run->rounds.round_ops,
        .max_bytes_per_op = run->plan.max_bytes_per_op,
        .may_be_idle = run->look > 1,
    };
    bool thin;
    note_sizes(run);
    put_aside(run);
    if (hg_conclude_judged(&input, symbols, &run->result, &thin))
        look_on(run, thin);
    else
        finish(run);
}

hg_cell_run *hg_cell_start(const hg_cell_plan *plan)
{
    hg_cell_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->plan = *plan;
    run->launched.record_fd = -1;
    run->look = 1;
    run->started = hg_process_now();
    if (!hg_cell_label(&run->plan, &run->result)) {
        hg_cell_free(run);
        return NULL;
    }
    run->rounds = hg_cell_plan_run(&run->plan, 0);
    run->first_ops = run->rounds.round_ops * run->rounds.rounds;
    note_sizes(run);
    int status = launch(run);
    if (status < 0) {
        char reason[256];
        snprintf(reason, sizeof reason, "cannot start the runner: %s", strerror(-status));
        end_as(run, HG_VERDICT_FAILED, reason);
    }
    return run;
}

bool hg_cell_poll(hg_cell_run *run, hg_symbols *symbols)
{
    while (!run->done) {
        if (!hg_process_poll(&run->launched.process))
            return false;
        run->running = false;
        after_measurement(run, symbols);
    }
    return true;
}

void hg_cell_descriptors(const hg_cell_run *run, int ret_fds[2])
{
    ret_fds[0] = run->running ? run->launched.process.exit_fd : -1;
    ret_fds[1] = run->running ? run->launched.process.output_fd : -1;
}

void hg_cell_take(hg_cell_run *run, hg_cell *cell)
{
    hg_cell_clear(cell);
    *cell = run->result;
    run->result = (hg_cell){0};
}

void hg_cell_free(hg_cell_run *run)
{
    if (!run)
        return;
    hg_launched_close(&run->launched);
    hg_cell_clear(&run->result);
    hg_cell_clear(&run->before);
    free(run);
}
