#include "driver/cell.h"

#include "analysis/confirm.h"
#include "analysis/looks.h"
#include "driver/foresee.h"
#include "driver/settle.h"
#include "process/launch.h"
#include "verdict/conclude.h"
#include "verdict/levels.h"
#include "watch/outside.h"
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
    hg_look_rate rates[HG_MOST_LOOKS]; /* of each that counts */
    uint64_t look_ops[HG_MOST_LOOKS];  /* of a measured round */
    double look_seconds;               /* of the last one that counts */
    double work_seconds;               /* of them, without its wait for a processor */
    double longer_factor;              /* so many times as long would a longer look take */
    hg_next_look wanted;               /* why this one runs */
    bool repeated;                     /* it is as long as the one before */
    uint32_t shortened; /* how often a look came to a limit of the system and was made shorter */
    double time_limit_seconds;
    bool budget_bound;                         /* the limit is what the budget leaves */
    bool stalled;                              /* it was stopped, since no op ended any more */
    bool tears_down;                           /* it was seen in heapgate_teardown */
    uint64_t seen_op;                          /* when it was last looked at, */
    double moved;                              /* and since when it is that one */
    double started, look_started, rounds_seen; /* rounds_seen: when its first op was; 0: not yet */
    bool timed;                                /* time passes in the look that runs */
    bool paced;                                /* ops are so slow that the first look has fewer */
    hg_cell result;                            /* of the last look that counts */
    hg_cell before;                            /* of the one before that */
};

static void finish(hg_cell_run *run)
{
    run->done = true;
    run->result.duration_seconds = hg_process_now() - run->started;
    run->result.met = hg_expect_is_met(run->result.expect, run->result.verdict);
    if (run->plan.exact_ops || run->paced)
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

/* So many times as many ops has the look because of the warm-up that was asked for. */
static double longer_by_warmup(const hg_run_plan *rounds)
{
    double usual = (double)rounds->round_ops * (rounds->rounds + rounds->warmup_rounds);
    double more = (double)(rounds->warmup_ops - rounds->round_ops) * rounds->warmup_rounds;
    return 1 + more / usual;
}

/*
 * A longer look may take longer, and so may one with a longer warm-up, but none more than what is left of the
 * budget; and where a leak is still to be confirmed, none more than leaves time to do so by a look of the
 * same length.
 */
static void set_time_limit(hg_cell_run *run)
{
    double left = budget_left(run);
    if (run->result.verdict == HG_VERDICT_LEAK && !run->repeated)
        left = fmax(left - 2 * run->look_seconds, left / 2);
    run->time_limit_seconds =
        run->plan.time_limit_seconds * pow(HG_LOOK_FACTOR, run->look - 1) * longer_by_warmup(&run->rounds);
    run->budget_bound = left < run->time_limit_seconds;
    if (run->budget_bound)
        run->time_limit_seconds = left;
    run->stalled = run->tears_down = false;
    run->rounds_seen = 0;
    run->moved = run->look_started = hg_process_now();
}

/* So long may one op of a longer look take, if all of the look before did not take half as long; in the first
 * look, if all ops before it together did not take a tenth of that. */
#define STALL_SECONDS 20.0

/* How long the op has run that runs now, or heapgate_quiesce after it, as far as anybody looked. */
static double seconds_of_op(hg_cell_run *run)
{
    double now = hg_process_now();
    const hg_record_header *header = run->launched.record.header;
    uint32_t phase = atomic_load(&header->phase);
    if ((phase != HG_PHASE_ROUNDS && phase != HG_PHASE_QUIESCE) || header->op != run->seen_op) {
        run->seen_op = header->op;
        run->moved = now;
    }
    return now - run->moved;
}

/* Whether the op takes so much longer than those before it that it does not end any more. least: seconds. */
static bool is_stalled(hg_cell_run *run, double least)
{
    enum { FEWEST_OPS = 16, TIMES_AS_LONG = 10 };
    double seconds = seconds_of_op(run);
    if (run->look > 1)
        return seconds > fmax(least, 2 * run->look_seconds);
    return run->seen_op >= FEWEST_OPS &&
           seconds > fmax(least, TIMES_AS_LONG * (run->moved - run->look_started));
}

/* After so many seconds of rounds it is known how long they take, and a look at slow ops has so many. */
#define PACE_SECONDS 5.0
#define SLOW_SECONDS 10.0
enum { SHORTEST_ROUND = 8 };

/*
 * Where nobody said how many ops there are to be, the first look has no more than end in half of its time.
 * Returns how many a round of such a look has; 0: as many as it has now.
 */
static uint64_t round_at_pace(hg_cell_run *run)
{
    const hg_record_header *header = run->launched.record.header;
    /* What other programs take of the processors says nothing of the ops. */
    double now = hg_process_now() - hg_outside_waited(run->launched.process.pid);
    if (run->look > 1 || run->paced || run->plan.ops || run->plan.description.default_ops ||
        atomic_load(&header->phase) != HG_PHASE_ROUNDS)
        return 0;
    if (run->rounds_seen == 0)
        run->rounds_seen = now;
    double seconds = now - run->rounds_seen;
    if (seconds_of_op(run) > seconds / 2)
        return 0; /* no pace */
    double rounds = run->rounds.rounds + run->rounds.warmup_rounds;
    double done = (double)header->op + 1;
    if (seconds < PACE_SECONDS ||
        seconds * rounds * (double)run->rounds.round_ops <= run->time_limit_seconds / 2 * done)
        return 0;
    uint64_t round = (uint64_t)(done * SLOW_SECONDS / seconds / rounds);
    round = round > SHORTEST_ROUND ? round : SHORTEST_ROUND;
    return round < run->rounds.round_ops ? round : 0;
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

static void note_sizes(const hg_run_plan *rounds, hg_cell *cell)
{
    cell->ops = (int64_t)(rounds->round_ops * rounds->rounds);
    cell->warmup_ops = (int64_t)(rounds->warmup_ops * rounds->warmup_rounds);
    cell->rounds = rounds->rounds;
    cell->warmup_rounds = rounds->warmup_rounds;
}

/* Beside the call paths that grow every round. */
static void join_paths(hg_cell_run *run)
{
    size_t joined = run->look > 1 ? hg_look_join(&run->before, &run->result) : 0;
    if (joined > 0)
        hg_cell_say(&run->result.reason, "%s; %zu more %s in total", run->result.reason, joined,
                    joined == 1 ? "grows" : "grow");
}

/* Whether there are threads that may wait by the clock: then time passes by waiting. */
static bool has_threads(const hg_cell_run *run)
{
    const hg_record *record = &run->launched.record;
    return record->samples[record->epochs - 1].threads > 1;
}

/* Whether what seems to leak may go by the clock, and there is time for a look in which time passes. */
static bool may_heed_clock(const hg_cell_run *run)
{
    double waits = has_threads(run) ? HG_TIMED_SECONDS : 0;
    return run->result.verdict == HG_VERDICT_LEAK && run->result.expect != HG_EXPECT_LEAK &&
           !run->plan.quick && (waits > 0 || run->launched.record.header->reads_clock) &&
           run->look_seconds + waits < budget_left(run);
}

enum { WAITED_ROUNDS = 6 };

/* The look, from 0, that is as long as the one in which time passes: the one that the last look confirmed. */
static uint32_t timed_as(const hg_cell_run *run)
{
    return run->look > 1 ? run->look - 2 : 0;
}

/* The last look has told its verdict: it is the cell's, but where a leak may be none by the clock. */
static void finish_or_let_time_pass(hg_cell_run *run)
{
    if (may_heed_clock(run)) {
        run->timed = true;
        run->rounds = hg_cell_plan_rounds(&run->plan, run->look_ops[timed_as(run)]);
        run->rounds.time_passes = true;
        if (has_threads(run) && run->rounds.rounds > WAITED_ROUNDS)
            run->rounds.rounds = WAITED_ROUNDS;
        if (launch(run) == 0)
            return;
    }
    finish(run);
}

/* The verdict stands; a leak that was a surprise says that it was confirmed. */
static void conclude(hg_cell_run *run)
{
    if (run->result.verdict == HG_VERDICT_LEAK)
        join_paths(run);
    bool surprise = run->result.verdict == HG_VERDICT_LEAK && run->result.expect == HG_EXPECT_CLEAN;
    if (surprise && run->before.verdict != HG_VERDICT_CLEAN)
        hg_cell_say(&run->result.reason, "%s; %s run shows it, too", run->result.reason,
                    run->repeated ? "a second" : "a shorter");
    finish_or_let_time_pass(run);
}

/* Without what was wanted the verdict does not stand. */
static void doubt(hg_cell_run *run, const char *why)
{
    run->result.verdict = HG_VERDICT_INCONCLUSIVE;
    hg_cell_say(&run->result.reason, "%s; %s", run->result.reason, why);
    finish(run);
}

/* Nobody's cell is held up for fragmentation that nobody expects. */
static void end_unconfirmed(hg_cell_run *run, const char *why)
{
    if (run->result.verdict != HG_VERDICT_FRAGMENTATION || run->result.expect == HG_EXPECT_FRAGMENTATION) {
        doubt(run, why);
        return;
    }
    hg_settle_refuted(&run->result);
    finish(run);
}

/* The cell failed; what was measured before stands, in figures and in words. */
static void fail_after(hg_cell_run *run, const char *reason)
{
    run->result.verdict = HG_VERDICT_FAILED;
    if (run->result.reason[0])
        hg_cell_say(&run->result.reason, "%s; before that: %s", reason, run->result.reason);
    else
        hg_cell_set(&run->result.reason, reason);
    hg_cell_set(&run->result.log, run->launched.process.log);
    finish(run);
}

/* A leak that is not confirmed yet is looked for once more, by a look as long as the one that saw it. */
static void repeat(hg_cell_run *run)
{
    run->repeated = true;
    run->rounds = hg_cell_plan_rounds(&run->plan, run->look_ops[run->look - 2]);
    if (launch(run) < 0)
        doubt(run, "it could not be run again to confirm it");
}

/*
 * A look that did not end well. A crash, an exit, an error or a hang fails the cell, in whichever look it
 * comes. A look that used up its time takes nothing back; nor does one that used up its memory while it
 * leaked.
 */
static void after_failure(hg_cell_run *run, const char *reason, hg_symbols *symbols)
{
    hg_ending ending = run->launched.process.ending;
    bool first = run->look == 1;
    bool leaks = !first && run->result.verdict == HG_VERDICT_LEAK;
    bool slow = ending == HG_ENDING_TIME_LIMIT && !run->stalled;
    if (first && hg_record_is_sound(&run->launched.record)) {
        hg_module_owners owners = hg_module_owners_of(&run->plan);
        hg_judge_remains(&run->launched.record, &owners, symbols, &run->result);
    }
    if (first && slow && run->budget_bound) {
        hg_cell_set(&run->result.log, run->launched.process.log);
        end_as(run, HG_VERDICT_INCONCLUSIVE, reason);
    } else if (leaks && ending == HG_ENDING_MEMORY_LIMIT) {
        finish(run);
    } else if (first || !(slow || (leaks && run->stalled))) {
        fail_after(run, reason);
    } else if (run->wanted == HG_LOOK_FURTHER) {
        conclude(run);
    } else if (leaks && !run->repeated && run->look_seconds < budget_left(run)) {
        repeat(run);
    } else {
        char why[HG_ENDING_BYTES + 64];
        const char *advice = strstr(reason, "; give it"); /* fewer ops, as a first look that was too slow */
        snprintf(why, sizeof why, "a longer run, to be sure, was too slow: %.*s",
                 (int)(advice ? advice - reason : (ptrdiff_t)strlen(reason)), reason);
        end_unconfirmed(run, why);
    }
}

/* Whether there is something to judge: a process that ends badly after its last checkpoint has been
 * measured. */
static bool is_complete(const hg_cell_run *run)
{
    return hg_record_is_sound(&run->launched.record) &&
           atomic_load(&run->launched.record.header->checkpoints) == run->launched.record.epochs;
}

/* What all looks say, when no other is wanted. */
static void settle(hg_cell_run *run)
{
    const hg_looks looks = {.number = run->look,
                            .rates = run->rates,
                            .round_ops = run->look_ops,
                            .rounds = run->plan.rounds,
                            .before = &run->before};
    if (hg_settle(&looks, run->wanted, &run->result))
        finish_or_let_time_pass(run);
    else
        conclude(run);
}

/* A look that is not needed may take this share of what is left of the budget, and a late one this: of work,
 * so that a verdict is the same where other programs have the processors. */
#define SPARE_SHARE 0.02
#define LATE_SHARE  0.2

/* Whether a longer look would stay within what the system lets the process have. */
static bool longer_look_fits(const hg_cell_run *run)
{
    double memory = run->plan.memory_limit_bytes ? (double)run->plan.memory_limit_bytes : INFINITY;
    return hg_foresee_fits(&run->launched.record, run->rounds.warmup_rounds, memory);
}

static void start_look(hg_cell_run *run, uint64_t round)
{
    run->rounds = hg_cell_plan_rounds(&run->plan, round);
    if (launch(run) < 0)
        end_unconfirmed(run, "another run could not be started");
}

/* Whether there is time for a look so many times as long as this one, whose work takes no more than a share
 * of it. */
static bool is_affordable(const hg_cell_run *run, double factor, double share)
{
    double left = budget_left(run);
    return factor * run->look_seconds <= left && factor * run->work_seconds <= share * left;
}

/* The process's own figure is believed as far as it can be true. */
static void note_time(hg_cell_run *run)
{
    double seconds = hg_process_now() - run->launched.process.started;
    double waited = (double)run->launched.record.header->waited_ns / 1e9;
    run->look_seconds = seconds;
    run->work_seconds = seconds - fmin(fmax(waited, 0), seconds);
    run->longer_factor = hg_foresee_factor(&run->launched.record);
}

/*
 * The round of a look that confirms: as long again, or where that takes too long, shorter by halves, but
 * longer than the look before. 0: there is no time.
 */
static uint64_t repeated_round(const hg_cell_run *run)
{
    uint64_t before = run->look > 1 ? run->look_ops[run->look - 2] : SHORTEST_ROUND;
    uint64_t round = run->rounds.round_ops;
    double part = 1;
    while (!is_affordable(run, part, 1) && round / 2 > before) {
        round /= 2;
        part /= 2;
    }
    return is_affordable(run, part, 1) ? round : 0;
}

/* Another look, longer, or one that confirms. */
static void look_again(hg_cell_run *run)
{
    run->repeated = run->wanted == HG_LOOK_REPEAT;
    uint64_t round = run->repeated ? repeated_round(run) : longer_round(run);
    if (run->wanted == HG_LOOK_FURTHER && !is_affordable(run, run->longer_factor, SPARE_SHARE)) {
        conclude(run);
    } else if (run->repeated && (run->look == HG_MOST_LOOKS || round == 0)) {
        char why[128];
        snprintf(why, sizeof why, "the budget of %g s leaves no time for another run; raise it (--budget)",
                 run->plan.budget_seconds);
        end_unconfirmed(run, why);
    } else {
        run->look++;
        start_look(run, round);
    }
}

/* What this look found. */
static hg_look_rate rate_of(const hg_cell_run *run)
{
    const hg_cell *cell = &run->result;
    hg_low_levels low = hg_levels_low(&run->launched.record, run->rounds.warmup_rounds);
    hg_look_rate rate = {
        .rate = cell->bytes_per_op,
        .error = cell->bytes_per_op_error,
        .visible = cell->min_detectable_bytes_per_op,
        .ops = (double)(cell->ops + cell->warmup_ops),
        .level = low.last,
        .begun = low.begun,
        .fall = low.fall,
    };
    for (size_t i = run->rounds.warmup_rounds; i < cell->sample_count; i++) {
        rate.most = fmax(rate.most, (double)cell->samples[i].live_bytes);
        rate.drop = fmax(rate.drop, rate.most - (double)cell->samples[i].live_bytes);
    }
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->live_blocks > 0)
            rate.block = fmax(rate.block, (double)site->live_bytes / (double)site->live_blocks);
    }
    return rate;
}

/* Ends the cell, or starts the next look. */
static void look_on(hg_cell_run *run, hg_thinness thin)
{
    note_time(run);
    double share = run->look > HG_CHEAP_LOOKS ? LATE_SHARE : 1;
    bool affordable = is_affordable(run, run->longer_factor, share);
    const hg_look look = {
        .number = run->look,
        .rates = run->rates,
        .now = &run->result,
        .before = run->look > 1 ? &run->before : NULL,
        .thin = thin,
        .more = affordable && longer_look_fits(run),
        .repeated = run->repeated,
        .allocations = hg_foresee_allocations(&run->launched.record),
        .max_bytes_per_op = run->plan.max_bytes_per_op,
    };
    run->rates[run->look - 1] = rate_of(run);
    run->look_ops[run->look - 1] = run->rounds.round_ops;
    run->wanted = run->plan.quick ? HG_LOOK_DONE : hg_look_next(&look);
    if (run->wanted == HG_LOOK_FURTHER || run->wanted == HG_LOOK_AGAIN || run->wanted == HG_LOOK_REPEAT)
        look_again(run);
    else if (thin && !affordable && run->wanted == HG_LOOK_DONE)
        doubt(run, "the budget leaves no time for a longer run; raise it (--budget)");
    else
        settle(run);
}

/* Whether the process came to a limit of the system, at which growth may have ended. */
static bool came_to_limit(const hg_record *record)
{
    for (uint32_t i = 0; i < record->epochs; i++)
        if (record->samples[i].at_limit != 0)
            return true;
    return false;
}

enum { MOST_SHORTENED = 8, SHORTER = 4 };

/*
 * A look that came to a limit says nothing of growth, and is made again, shorter. False when it cannot be:
 * what it says is all there is.
 */
static bool shorten(hg_cell_run *run)
{
    uint64_t round = run->rounds.round_ops / SHORTER;
    bool as_short = run->look > 1 && round <= run->look_ops[run->look - 2];
    if (run->shortened >= MOST_SHORTENED || round < SHORTEST_ROUND || as_short)
        return false;
    run->shortened++;
    start_look(run, round);
    return true;
}

/* What the look says becomes the result, and what stood there the one before. False when memory ran out. */
static bool judge_look(hg_cell_run *run, hg_symbols *symbols, hg_thinness *ret_thin)
{
    const hg_judge_input input = {
        .record = &run->launched.record,
        .owners = hg_module_owners_of(&run->plan),
        .warmup_rounds = run->rounds.warmup_rounds,
        .ops_per_round = run->rounds.round_ops,
        .max_bytes_per_op = run->plan.max_bytes_per_op,
    };
    hg_cell next = {0};
    note_sizes(&run->rounds, &next);
    if (!hg_cell_label(&run->plan, &next) || !hg_conclude_judged(&input, symbols, &next, ret_thin)) {
        hg_cell_clear(&next);
        hg_conclude_out_of_memory(&run->result);
        return false;
    }
    hg_cell_clear(&run->before);
    run->before = run->result;
    run->result = next;
    return true;
}

/* The look in which time passes. What it says of the leak counts; if it says nothing, the leak stands. */
static void after_time_passed(hg_cell_run *run, hg_symbols *symbols, bool ended_well)
{
    hg_thinness thin;
    bool judged = ended_well && is_complete(run) && judge_look(run, symbols, &thin);
    if (judged && hg_look_heeds_clock(&run->before, run->rates[timed_as(run)].rate, &run->result)) {
        hg_settle_timed(&run->before, has_threads(run), &run->result);
    } else if (judged) {
        hg_cell leak = run->before;
        run->before = run->result;
        run->result = leak;
    }
    finish(run);
}

static void after_measurement(hg_cell_run *run, hg_symbols *symbols)
{
    char ending[HG_ENDING_BYTES];
    hg_thinness thin;
    const hg_ended ended = {.process = &run->launched.process,
                            .record = &run->launched.record,
                            .stalled_seconds = run->stalled ? hg_process_now() - run->moved : 0,
                            .budget_seconds = run->budget_bound ? run->plan.budget_seconds : 0,
                            .warmup_ops = hg_cell_plan_warmup(&run->plan)};
    if (!hg_record_freeze(&run->launched.record)) {
        hg_conclude_out_of_memory(&run->result);
        finish(run);
        return;
    }
    if (run->plan.note_record && hg_record_is_sound(&run->launched.record))
        run->plan.note_record(run->plan.note_of, &run->plan, &run->launched.record);
    hg_tell_ending(&ended, ending, sizeof ending);
    if (run->timed) {
        after_time_passed(run, symbols, !ending[0]);
    } else if (!is_complete(run)) {
        after_failure(run, ending, symbols);
    } else if (ending[0] || !came_to_limit(&run->launched.record) || !shorten(run)) {
        if (!judge_look(run, symbols, &thin))
            finish(run);
        else if (ending[0])
            fail_after(run, ending);
        else
            look_on(run, thin);
    }
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
    note_sizes(&run->rounds, &run->result);
    int status = launch(run);
    if (status < 0) {
        char reason[256];
        snprintf(reason, sizeof reason, "cannot start the runner: %s", strerror(-status));
        end_as(run, HG_VERDICT_FAILED, reason);
    }
    return run;
}

/* Starts the first look again, with fewer ops. */
static void start_at_pace(hg_cell_run *run, uint64_t round)
{
    hg_process_stop(&run->launched.process);
    run->paced = true;
    run->first_ops = round * run->plan.rounds;
    start_look(run, round);
}

#define TEARDOWN_SECONDS 5.0

/* A process that has done its rounds within the budget has time to tear down, too, whatever is left of it. */
static void allow_teardown(hg_cell_run *run)
{
    if (run->tears_down || !run->budget_bound ||
        atomic_load(&run->launched.record.header->phase) != HG_PHASE_TEARDOWN)
        return;
    run->tears_down = true;
    run->launched.process.deadline =
        fmax(run->launched.process.deadline, hg_process_now() + TEARDOWN_SECONDS);
}

bool hg_cell_poll(hg_cell_run *run, hg_symbols *symbols)
{
    while (!run->done) {
        allow_teardown(run);
        if (!hg_process_poll(&run->launched.process)) {
            uint64_t round = round_at_pace(run);
            if (round > 0) {
                start_at_pace(run, round);
                continue;
            }
            if (!is_stalled(run, STALL_SECONDS))
                return false;
            run->stalled = true;
            hg_process_stop(&run->launched.process);
            run->launched.process.ending = HG_ENDING_TIME_LIMIT;
        }
        run->running = false;
        if (run->look == 1 && run->launched.process.ending == HG_ENDING_TIME_LIMIT)
            run->stalled = run->stalled || is_stalled(run, STALL_SECONDS / 4);
        after_measurement(run, symbols);
    }
    return true;
}

void hg_cell_descriptors(const hg_cell_run *run, int ret_fds[2])
{
    ret_fds[0] = run->running ? run->launched.process.exit_fd : -1;
    ret_fds[1] = run->running ? run->launched.process.output_fd : -1;
}

bool hg_cell_tell_progress(const hg_cell_run *run, hg_cell_progress *ret_progress)
{
    const hg_record *record = &run->launched.record;
    if (!run->running || !record->header)
        return false;
    uint32_t done = atomic_load(&record->header->checkpoints);
    double passed = hg_process_now() - run->look_started;
    if (done > record->epochs)
        done = record->epochs;
    *ret_progress = (hg_cell_progress){
        .cell = &run->result,
        .look = run->look,
        .round = done < record->epochs ? done + 1 : done,
        .rounds = record->epochs,
        .seconds_left = done > 0 ? passed / done * (record->epochs - done) : -1,
    };
    return true;
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
