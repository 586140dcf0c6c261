#include "soak/soak.h"

#include "analysis/growth.h"
#include "base/humanise.h"
#include "process/launch.h"
#include "verdict/conclude.h"
#include "watch/outside.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHORTEST_ROUND 0.025 /* seconds */
#define LONGEST_ROUND  1.0   /* at the start */
#define LEAST_PATIENCE 10.0  /* seconds, with a workload that is to end */
#define LONGEST_STEP   1.0   /* seconds between two looks, unless this process was held up */
#define OWN_SHARE      0.05  /* of the time, that samples and judgements may take, each */

static hg_cell *cell_of(const hg_soak *soak)
{
    return &soak->run->cells[0];
}

/*
 * Rounds are counted in ops. A round of about the first length is made so much shorter that the rounds, each
 * doubled as often as it takes, fill the time: a round that is cut short at the end is lost.
 */
hg_run_plan hg_soak_pace_of(const hg_soak_plan *plan)
{
    double longest = fmax(LONGEST_ROUND, plan->seconds / (1 << 18));
    double round = fmin(longest, fmax(SHORTEST_ROUND, plan->seconds / (4 * HG_EQUAL_EPOCHS)));
    uint64_t warmup = hg_cell_plan_warmup(plan->cell);
    hg_run_plan pace = {.task = HG_TASK_SOAK, .round_ns = (int64_t)(round * 1e9)};
    if (plan->ops_per_hour > 0) {
        double all = plan->seconds * plan->ops_per_hour / 3600;
        double ops = fmax(1, round * plan->ops_per_hour / 3600);
        double rounds = HG_EQUAL_EPOCHS;
        while (rounds * ops < all)
            rounds *= 2;
        pace.round_ops = (uint64_t)fmax(1, floor(all / rounds));
        pace.period_ns = (int64_t)(3600e9 / plan->ops_per_hour);
    }
    pace.warmup_ops = warmup > pace.round_ops ? warmup : pace.round_ops;
    if (pace.warmup_ops == 0)
        pace.warmup_ops = 1;
    return pace;
}

bool hg_soak_init(const hg_soak_plan *plan, hg_run *run, hg_soak *ret_soak)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    memset(ret_soak, 0, sizeof *ret_soak);
    ret_soak->plan = *plan;
    ret_soak->pace = hg_soak_pace_of(plan);
    ret_soak->run = run;
    ret_soak->process.exit_fd = ret_soak->process.output_fd = -1;
    ret_soak->watched.exit_fd = ret_soak->watched.record_fd = -1;
    hg_soak_samples_init(&ret_soak->samples, (int64_t)(plan->seconds * 1000),
                         (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    ret_soak->symbols = hg_symbols_new();
    hg_cell *cell = hg_run_add_cell(run);
    if (!ret_soak->symbols || !cell || !hg_cell_label(plan->cell, cell))
        return false;
    cell->verdict = HG_VERDICT_INCONCLUSIVE;
    /* What one op is, is the same; how many an hour, this soak has its own. */
    return hg_cell_say(&cell->reason, "no round has ended yet") &&
           hg_cell_say(&cell->reproduce, "%s", plan->cell->reproduce);
}

int hg_soak_start(hg_soak *soak)
{
    hg_launched launched;
    hg_cell_plan plan = *soak->plan.cell;
    plan.time_limit_seconds = INFINITY;
    soak->started = soak->progress_at = soak->looked_at = hg_process_now();
    int status = hg_launch_runner(&plan, &soak->pace, NULL, &launched);
    if (status < 0)
        return status;
    status = hg_watched_start(launched.process.pid, -1, &launched.record, launched.record_fd, &soak->watched);
    if (status < 0) {
        hg_launched_close(&launched);
        return status;
    }
    soak->process = launched.process;
    soak->watched.self_described = true;
    return 0;
}

static const hg_record_header *header_of(const hg_soak *soak)
{
    return soak->watched.record.header;
}

double hg_soak_seconds(const hg_soak *soak)
{
    return hg_process_now() - soak->started;
}

static void take_sample(hg_soak *soak)
{
    const hg_record_header *header = header_of(soak);
    bool runs = atomic_load(&header->phase) >= HG_PHASE_ROUNDS;
    double begun = hg_process_now();
    hg_outside seen = hg_outside_look(soak->process.pid, false);
    hg_soak_sample sample = {
        .elapsed_ms = (int64_t)((begun - soak->started) * 1000),
        .ops = runs ? (int64_t)header->op : 0,
        .resident_bytes = seen.resident_bytes,
        .allocated_bytes = runs ? atomic_load(&header->allocated_bytes) : -1,
        .mapped_bytes = runs ? atomic_load(&header->mapped_bytes) : -1,
        .open_files = seen.open_files,
        .threads = seen.threads,
    };
    hg_record_live live = hg_checkpoint_peek(&soak->watched.record, &sample.allocations);
    sample.live_bytes = live.bytes;
    sample.live_blocks = live.blocks;
    soak->latest = sample;
    soak->latest.number = soak->samples.taken;
    (void)hg_soak_samples_add(&soak->samples, &sample);
    double ended = hg_process_now();
    soak->next_sample = begun + fmax(soak->plan.sample_seconds, (ended - begun) / OWN_SHARE);
}

/* Rounds of warm-up, as for any program whose own nobody knows; the first has the declared warm-up in it. */
static uint32_t warmup_rounds(const hg_rounds *rounds)
{
    uint32_t fifth = (rounds->count + 4u) / 5u;
    return fifth > 2 ? fifth : 2;
}

static void judge_rounds(hg_soak *soak, uint32_t warmup, hg_record *made)
{
    const hg_cell_plan *plan = soak->plan.cell;
    hg_cell *cell = cell_of(soak);
    uint32_t measured = made->epochs - warmup;
    int64_t begin = made->samples[warmup - 1].ops;
    int64_t ops = made->samples[made->epochs - 1].ops - begin;
    const hg_judge_input input = {
        .record = made,
        .owners = hg_module_owners_of(plan),
        .warmup_rounds = warmup,
        .ops_per_round = ((uint64_t)ops + measured / 2) / measured,
        .max_bytes_per_op = plan->max_bytes_per_op,
        .rounds = HG_ROUNDS_OF_SOAK,
    };
    hg_thinness thin; /* a soak cannot be made longer afterwards */
    cell->rounds = measured;
    cell->warmup_rounds = warmup;
    cell->ops = ops;
    cell->warmup_ops = begin;
    hg_conclude_judged(&input, soak->symbols, cell, &thin);
}

static bool is_in_setup(const hg_soak *soak)
{
    return atomic_load(&header_of(soak)->phase) <= HG_PHASE_SETUP;
}

/* Whether the workload was to go on when it ended, or did not end when it was to. */
static bool has_failed(const hg_soak *soak)
{
    return soak->process.ending != HG_ENDING_NONE && (soak->told_at == 0 || soak->end == HG_SOAK_HANGS);
}

/* What to do about too few rounds: they are counted in ops, and of those there are as many as were asked for,
 * or as the workload can do. Empty where the reason is another. */
static void advise(const hg_soak *soak, char *ret_text, size_t size)
{
    double seconds = hg_process_now() - soak->begun;
    double wanted = soak->plan.ops_per_hour * seconds / 3600;
    double done = (double)header_of(soak)->op - (double)soak->begun_ops;
    if (soak->process.ending == HG_ENDING_MEMORY_LIMIT)
        snprintf(ret_text, size, "; give it more --memory, or a lower --rate");
    else if (has_failed(soak))
        ret_text[0] = '\0';
    else if (is_in_setup(soak))
        snprintf(ret_text, size, "; it was still setting up");
    else if (soak->begun == 0)
        snprintf(ret_text, size, "; it was still in its warm-up, at op %llu of %llu; let it run longer%s",
                 (unsigned long long)header_of(soak)->op, (unsigned long long)soak->pace.warmup_ops,
                 soak->pace.round_ops == soak->pace.warmup_ops ? ", or at a lower --rate" : "");
    else if (2 * done < wanted)
        snprintf(ret_text, size,
                 "; the workload does not keep up, with %s ops an hour of %s; give it a lower --rate, or "
                 "more time",
                 hg_human_rate(done * 3600 / seconds).text, hg_human_rate(soak->plan.ops_per_hour).text);
    else
        snprintf(ret_text, size, "; let it run longer%s",
                 soak->plan.ops_per_hour > 0 ? ", or at a higher --rate" : "");
}

static void judge_too_few(hg_soak *soak, uint32_t warmup, hg_record *made)
{
    hg_cell *cell = cell_of(soak);
    atomic_store(&made->header->checkpoints, made->epochs);
    const hg_module_owners owners = hg_module_owners_of(soak->plan.cell);
    bool full = soak->process.ending == HG_ENDING_MEMORY_LIMIT && made->epochs > 0;
    if (!full || !hg_judge_end(made, &owners, soak->symbols, cell)) /* whose blocks fill the memory */
        hg_judge_remains(made, &owners, soak->symbols, cell);
    char advice[192];
    advise(soak, advice, sizeof advice);
    cell->verdict = HG_VERDICT_INCONCLUSIVE;
    cell->rounds = made->epochs > warmup ? made->epochs - warmup : 0;
    cell->met = false;
    hg_cell_say(&cell->reason, "%u round%s too few: %u of warm-up and at least %u more are needed%s",
                made->epochs, made->epochs == 1 ? " is" : "s are", warmup, HG_MIN_ROUNDS, advice);
    hg_conclude_verification(made->header, cell);
}

static unsigned look_for_alert(hg_soak *soak)
{
    switch (hg_soak_alert_look(&soak->alert, cell_of(soak))) {
    case HG_SOAK_ALERT_RAISED:
        soak->alert.seconds = hg_soak_seconds(soak);
        soak->alert.ops_per_second = hg_soak_ops_per_second(soak);
        return HG_SOAK_ALERT;
    case HG_SOAK_ALERT_OVER:
        return HG_SOAK_ALERT_GONE;
    default:
        return 0;
    }
}

static bool is_sound(const hg_soak *soak, const hg_record *record)
{
    return !soak->watched.damaged && hg_record_is_sound(record);
}

/* Judges what there is in the record, which is frozen unless memory ran out: then the cell fails, until the
 * next time. */
static unsigned judge_record(hg_soak *soak, const hg_record *record)
{
    hg_cell *cell = cell_of(soak);
    const hg_rounds *rounds = &soak->watched.rounds;
    hg_record made;
    double begun = hg_process_now();
    hg_soak_alert_keep(&soak->alert, cell);
    if (record->mapped && !is_sound(soak, record)) {
        hg_conclude_damaged(cell, HG_ROUNDS_OF_SOAK);
    } else if (!record->mapped || !hg_rounds_as_record(rounds, record, &made)) {
        hg_conclude_out_of_memory(cell);
    } else {
        uint32_t warmup = warmup_rounds(rounds);
        if (rounds->count < warmup + HG_MIN_ROUNDS)
            judge_too_few(soak, warmup, &made);
        else
            judge_rounds(soak, warmup, &made);
        hg_rounds_release(&made);
    }
    cell->duration_seconds = hg_soak_seconds(soak);
    soak->judged = soak->watched.noted;
    soak->next_judgement = begun + (hg_process_now() - begun) / OWN_SHARE;
    return HG_SOAK_JUDGED | look_for_alert(soak);
}

static unsigned judge(hg_soak *soak)
{
    hg_record record = soak->watched.record;
    hg_record_freeze(&record);
    unsigned news = judge_record(soak, &record);
    hg_record_thaw(&record);
    return news;
}

void hg_soak_stop(hg_soak *soak)
{
    if (soak->end == HG_SOAK_GOES_ON)
        soak->end = HG_SOAK_STOPPED;
    if (soak->told_at > 0)
        return;
    soak->told_at = soak->progress_at = hg_process_now();
    atomic_store(&soak->watched.record.header->told_to_end, 1);
}

/*
 * So many seconds the workload may be at the same place. Before the warm-up is over, and when it is to end, a
 * short soak does not wait for as long as the limit is, but for an op twice as long as the longest so far.
 */
static double patience_with(const hg_soak *soak)
{
    double most = soak->plan.patience_seconds + (double)soak->pace.period_ns / 1e9;
    double least = soak->end == HG_SOAK_STOPPED ? LEAST_PATIENCE : fmax(LEAST_PATIENCE, soak->plan.seconds);
    bool measures = soak->told_at == 0 && soak->begun > 0;
    return measures ? most : fmin(most, fmax(least, 2 * soak->longest_op));
}

/*
 * Whether the workload does nothing any more: the same op of the same phase for too long. Time in which this
 * process was held up, too, does not count: then both were frozen.
 */
static bool hangs(hg_soak *soak)
{
    double now = hg_process_now();
    double away = now - soak->looked_at;
    if (away > LONGEST_STEP)
        soak->progress_at += away;
    soak->looked_at = now;
    uint32_t phase = atomic_load(&header_of(soak)->phase);
    int64_t ops = (int64_t)header_of(soak)->op;
    if (ops != soak->progress_ops || phase != soak->progress_phase) {
        if (ops != soak->progress_ops)
            soak->longest_op = fmax(soak->longest_op, now - soak->progress_at);
        soak->progress_ops = ops;
        soak->progress_phase = phase;
        soak->progress_at = now;
    }
    return now - soak->progress_at > patience_with(soak);
}

/* Notes that the warm-up is over. */
static void follow(hg_soak *soak)
{
    hg_watched_follow(&soak->watched);
    if (soak->begun > 0 || soak->watched.noted == 0)
        return;
    soak->begun = hg_process_now();
    soak->begun_ops = (int64_t)header_of(soak)->op;
}

static void end_in_time(hg_soak *soak)
{
    double now = hg_process_now();
    if (soak->told_at == 0 && soak->begun > 0 && now - soak->begun >= soak->plan.seconds) {
        soak->end = HG_SOAK_TIME_IS_UP;
        hg_soak_stop(soak);
    }
    bool stuck = hangs(soak);
    if (stuck) {
        soak->hung_seconds = patience_with(soak);
        soak->end = HG_SOAK_HANGS;
    }
    /* Setting up does not hear that it is to end. */
    if (stuck || (soak->told_at > 0 && is_in_setup(soak)))
        hg_process_stop(&soak->process);
}

/* How the process ended; empty where that is just what was wanted. */
static void explain_ending(const hg_soak *soak, char *ret_text, size_t size)
{
    const hg_process *process = &soak->process;
    const hg_ended ended = {.process = process, .record = &soak->watched.record};
    bool killed = process->ending == HG_ENDING_SIGNAL && process->code == SIGKILL;
    char where[128];
    ret_text[0] = '\0';
    hg_whereabouts(&soak->watched.record, where, sizeof where);
    if (soak->end == HG_SOAK_HANGS)
        snprintf(ret_text, size, "the workload hangs %s: nothing has happened for %g s%s", where,
                 round(soak->hung_seconds), soak->told_at > 0 ? " since it was to end" : "");
    else if (!killed || soak->told_at == 0 || !is_in_setup(soak)) /* else it was stopped, as it was to be */
        hg_tell_ending(&ended, ret_text, size);
}

/* The cell as it is when the workload has ended. A leak that was seen stays one if it is what filled the
 * memory. */
static void conclude(hg_soak *soak)
{
    char ending[HG_ENDING_BYTES];
    hg_cell *cell = cell_of(soak);
    double seconds = hg_soak_seconds(soak);
    bool full = soak->process.ending == HG_ENDING_MEMORY_LIMIT;
    if (!soak->watched.record.mapped || !is_sound(soak, &soak->watched.record))
        return;
    explain_ending(soak, ending, sizeof ending);
    if (ending[0] == '\0')
        return;
    if (soak->end == HG_SOAK_GOES_ON)
        soak->end = HG_SOAK_ENDED_BY_ITSELF;
    if (full && cell->verdict == HG_VERDICT_LEAK) {
        hg_cell_say(&cell->reason, "%s; %s, after %.0f s", cell->reason, ending, seconds);
        return;
    }
    hg_cell_say(&cell->reason, "%s, after %.0f s; until then %s: %s", ending, seconds,
                hg_verdict_name(cell->verdict), cell->reason);
    hg_cell_set(&cell->log, soak->process.log);
    cell->verdict = HG_VERDICT_FAILED;
    cell->met = false;
}

static unsigned end(hg_soak *soak)
{
    follow(soak);
    hg_record_freeze(&soak->watched.record);
    unsigned news = judge_record(soak, &soak->watched.record);
    conclude(soak);
    soak->over = true;
    return news | HG_SOAK_OVER;
}

unsigned hg_soak_step(hg_soak *soak)
{
    unsigned news = 0;
    double now = hg_process_now();
    bool intact = hg_watched_intact(&soak->watched);
    /* The limits are looked at with every sample, and whenever something is to be read. */
    if (hg_process_poll(&soak->process))
        return end(soak);
    /* Before it is itself, it is a copy of this process. */
    bool began = atomic_load(&header_of(soak)->phase) > HG_PHASE_CREATED;
    if (intact && began && now >= soak->next_sample) {
        take_sample(soak);
        news |= HG_SOAK_SAMPLED;
    }
    if (intact && soak->told_at == 0)
        follow(soak);
    if (soak->watched.noted > soak->judged && now >= soak->next_judgement)
        news |= judge(soak);
    end_in_time(soak);
    return soak->process.ending == HG_ENDING_NONE ? news : news | end(soak);
}

int hg_soak_wait_ms(const hg_soak *soak)
{
    enum { LONGEST_MS = 250 };
    double now = hg_process_now();
    double next = soak->next_sample;
    if (soak->begun > 0 && soak->told_at == 0)
        next = fmin(next, soak->begun + soak->plan.seconds);
    double left = ceil((next - now) * 1000);
    return left < 0 ? 0 : left > LONGEST_MS ? LONGEST_MS : (int)left;
}

void hg_soak_descriptors(const hg_soak *soak, int ret_fds[2])
{
    ret_fds[0] = soak->process.exit_fd;
    ret_fds[1] = soak->process.output_fd;
}

double hg_soak_ops_per_second(const hg_soak *soak)
{
    const hg_soak_samples *samples = &soak->samples;
    const hg_soak_sample *now = &soak->latest;
    const hg_soak_sample *before = NULL;
    int64_t wanted = now->number - now->number / 10 - 1;
    int64_t begun_ms = soak->begun > 0 ? (int64_t)((soak->begun - soak->started) * 1000) : 0;
    for (uint32_t i = 0; i < samples->used; i++) {
        const hg_soak_sample *sample = &samples->slots[i];
        if (sample->number <= wanted && sample->elapsed_ms >= begun_ms &&
            (!before || sample->number > before->number))
            before = sample;
    }
    if (before && now->elapsed_ms > before->elapsed_ms)
        return (double)(now->ops - before->ops) * 1000 / (double)(now->elapsed_ms - before->elapsed_ms);
    double seconds = hg_process_now() - soak->begun;
    return soak->begun > 0 && seconds > 0 ? ((double)header_of(soak)->op - (double)soak->begun_ops) / seconds
                                          : 0;
}

void hg_soak_free(hg_soak *soak)
{
    hg_process_stop(&soak->process);
    hg_watched_free(&soak->watched);
    hg_soak_samples_close(&soak->samples);
    hg_soak_alert_clear(&soak->alert);
    hg_symbols_free(soak->symbols);
}
