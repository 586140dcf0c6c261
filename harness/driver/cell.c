#include "cell.h"

#include "judge.h"
#include "runner.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for a variable that holds a few paths. */
#define HG_ENV_BYTES ((size_t)4 * PATH_MAX)

enum { MOST_EXTENSIONS = 2, EXTENSION = 4 };

struct hg_cell_run {
    hg_cell_plan plan;
    hg_record record;
    int record_fd; /* -1: none */
    hg_process process;
    bool running, done;
    uint64_t ops_per_round, warmup_ops_per_round;
    uint32_t extensions;
    double started;
    hg_cell result;
};

static bool set_string(char **target, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(*target);
    *target = copy;
    return true;
}

static void set_format(char **target, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Without memory the field keeps what it had: a shorter message, not a crash. */
static void set_format(char **target, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    free(*target);
    *target = text;
}

static void finish(hg_cell_run *run)
{
    run->done = true;
    run->result.duration_seconds = hg_process_now() - run->started;
    run->result.met = (run->result.verdict == HG_VERDICT_LEAK && run->result.expect == HG_EXPECT_LEAK) ||
                      (run->result.verdict == HG_VERDICT_CLEAN && run->result.expect == HG_EXPECT_CLEAN);
    set_format(&run->result.reproduce, "%s --ops %lld", run->plan.reproduce, (long long)run->result.ops);
    hg_record_close(&run->record);
    if (run->record_fd >= 0)
        close(run->record_fd);
    run->record_fd = -1;
}

static void fail(hg_cell_run *run, const char *reason)
{
    run->result.verdict = HG_VERDICT_FAILED;
    set_string(&run->result.reason, reason);
    finish(run);
}

/* The variables of a measured process. */
typedef struct cell_environment {
    char record[64], seed[64];
    char preload[HG_ENV_BYTES], library_path[HG_ENV_BYTES], corpus[HG_ENV_BYTES];
    char *list[8];
} cell_environment;

/* Adds a folder to a list of them; an empty one would mean the working directory. */
static void add_folder(char *list, const char *folder, size_t length)
{
    size_t used = strlen(list);
    if (length > 0)
        snprintf(list + used, HG_ENV_BYTES - used, "%s%.*s", list[used - 1] == '=' ? "" : ":", (int)length,
                 folder);
}

/*
 * The probe is preloaded by its path, or, where that has a space, at which the dynamic linker would end it,
 * by its name and a folder to search.
 */
static void fill_environment(cell_environment *environment, const hg_cell_plan *plan, bool measure)
{
    const char *inherited = getenv("LD_LIBRARY_PATH");
    const char *name = strrchr(plan->probe, '/') + 1;
    bool by_name = strchr(plan->probe, ' ') != NULL;
    size_t used = 0;
    snprintf(environment->record, sizeof environment->record, HG_ENV_RECORD "=/proc/self/fd/%d",
             HG_RECORD_DESCRIPTOR);
    snprintf(environment->seed, sizeof environment->seed, "HEAPGATE_SEED=%llu",
             (unsigned long long)plan->seed);
    snprintf(environment->corpus, HG_ENV_BYTES, "HEAPGATE_CORPUS=%s", plan->corpus);
    snprintf(environment->preload, HG_ENV_BYTES, "LD_PRELOAD=%s:%s", by_name ? name : plan->probe,
             plan->allocator_library);
    snprintf(environment->library_path, HG_ENV_BYTES, "LD_LIBRARY_PATH=");
    add_folder(environment->library_path, plan->library_path, strlen(plan->library_path));
    if (by_name)
        add_folder(environment->library_path, plan->probe, (size_t)(name - plan->probe - 1));
    if (inherited)
        add_folder(environment->library_path, inherited, strlen(inherited));
    environment->list[used++] = environment->record;
    environment->list[used++] = environment->seed;
    environment->list[used++] = environment->corpus;
    if (measure)
        environment->list[used++] = environment->preload;
    if (plan->library_path[0] || by_name)
        environment->list[used++] = environment->library_path;
    environment->list[used] = NULL;
}

int hg_cell_launch(const hg_cell_plan *plan, bool measure, uint64_t warmup_ops_per_round,
                   uint64_t ops_per_round, hg_record *ret_record, int *ret_record_fd, hg_process *ret_process)
{
    char counts[4][24];
    cell_environment environment;
    fill_environment(&environment, plan, measure);
    snprintf(counts[0], sizeof counts[0], "%u", HG_WARMUP_ROUNDS);
    snprintf(counts[1], sizeof counts[1], "%u", plan->rounds);
    snprintf(counts[2], sizeof counts[2], "%llu", (unsigned long long)warmup_ops_per_round);
    snprintf(counts[3], sizeof counts[3], "%llu", (unsigned long long)ops_per_round);
    char *arguments[] = {(char *)plan->runner,
                         (char *)plan->plugin,
                         measure ? counts[0] : NULL,
                         counts[1],
                         counts[2],
                         counts[3],
                         NULL};
    hg_record record;
    int record_fd;
    int status = hg_record_create(measure ? HG_WARMUP_ROUNDS + plan->rounds : 1, &record, &record_fd);
    if (status < 0)
        return status;
    record.header->verify = plan->verify;
    hg_process_spec spec = {
        .arguments = arguments,
        .environment = environment.list,
        .record_fd = record_fd,
        .time_limit_seconds = plan->time_limit_seconds,
        .memory_limit_bytes = plan->memory_limit_bytes,
    };
    status = hg_process_start(&spec, ret_process);
    if (status < 0) {
        hg_record_close(&record);
        close(record_fd);
        return status;
    }
    *ret_record = record;
    *ret_record_fd = record_fd;
    return 0;
}

/* Starts the measured process on a new record. False when it cannot be started; why stands in errno. */
static bool launch(hg_cell_run *run)
{
    hg_record_close(&run->record);
    if (run->record_fd >= 0)
        close(run->record_fd);
    run->record_fd = -1;
    int status = hg_cell_launch(&run->plan, true, run->warmup_ops_per_round, run->ops_per_round, &run->record,
                                &run->record_fd, &run->process);
    run->running = status == 0;
    errno = -status;
    return run->running;
}

/* Whole rounds; a plug-in may say what it likes. */
static uint64_t ops_per_round(uint64_t ops, uint32_t rounds)
{
    return ((ops < HG_MOST_OPS ? ops : HG_MOST_OPS) + rounds - 1) / rounds;
}

/* The numbers of ops, from the command line, else the plug-in, else the defaults. */
static void settle_sizes(hg_cell_run *run)
{
    const hg_cell_plan *plan = &run->plan;
    const hg_description *said = &plan->description;
    uint64_t ops = plan->ops ? plan->ops : said->default_ops ? said->default_ops : HG_DEFAULT_OPS;
    uint64_t warmup = plan->warmup_ops ? plan->warmup_ops : said->warmup_ops;
    run->ops_per_round = ops_per_round(ops, plan->rounds);
    run->warmup_ops_per_round = ops_per_round(warmup, HG_WARMUP_ROUNDS);
    if (run->warmup_ops_per_round < run->ops_per_round)
        run->warmup_ops_per_round = run->ops_per_round;
}

static void note_sizes(hg_cell_run *run)
{
    run->result.ops = (int64_t)(run->ops_per_round * run->plan.rounds);
    run->result.warmup_ops = (int64_t)(run->warmup_ops_per_round * HG_WARMUP_ROUNDS);
    run->result.rounds = run->plan.rounds;
    run->result.warmup_rounds = HG_WARMUP_ROUNDS;
}

static const char *phase_name(uint32_t phase)
{
    static const char *const names[] = {"before it loaded",     "while loading",
                                        "in heapgate_setup",    "in op",
                                        "in heapgate_teardown", "after heapgate_teardown"};
    return phase < sizeof names / sizeof *names ? names[phase] : "somewhere";
}

/* One sentence on a process that did not end as it should; empty when it did. */
static void explain_ending(const hg_cell_run *run, char *text, size_t size)
{
    const hg_process *process = &run->process;
    const hg_record_header *header = run->record.header;
    char where[96];
    text[0] = '\0';
    uint32_t phase = atomic_load(&header->phase);
    if (phase == HG_PHASE_ROUNDS)
        snprintf(where, sizeof where, "in op %llu", (unsigned long long)header->op);
    else
        snprintf(where, sizeof where, "%s", phase_name(phase));
    switch (process->ending) {
    case HG_ENDING_SIGNAL:
        snprintf(text, size, "the workload crashed %s: signal %d (%s)", where, process->code,
                 strsignal(process->code));
        break;
    case HG_ENDING_TIME_LIMIT:
        snprintf(text, size,
                 "the workload was stopped %s at its time limit of %g s; give it fewer --ops or more time",
                 where, run->plan.time_limit_seconds);
        break;
    case HG_ENDING_MEMORY_LIMIT:
        snprintf(text, size, "the workload was stopped %s at its memory limit of %llu MiB", where,
                 (unsigned long long)(run->plan.memory_limit_bytes >> 20));
        break;
    case HG_ENDING_EXIT:
        if (process->code == HG_RUNNER_STOPPED)
            snprintf(text, size, "%s", header->message);
        else if (process->code != HG_RUNNER_DONE)
            snprintf(text, size, "the workload ended the process %s with exit code %d", where, process->code);
        else if (phase != HG_PHASE_DONE)
            snprintf(text, size, "the workload ended the process %s", where);
        break;
    case HG_ENDING_NONE:
        break;
    }
}

/* A longer run that fails takes nothing back: the verdict before it stands. */
static bool ended_well(hg_cell_run *run)
{
    char reason[HG_MESSAGE + 128];
    if (hg_record_is_sound(&run->record))
        explain_ending(run, reason, sizeof reason);
    else
        snprintf(reason, sizeof reason, "the workload wrote over the harness's record of it");
    if (reason[0] == '\0')
        return true;
    if (run->extensions > 0) {
        finish(run);
        return false;
    }
    set_string(&run->result.log, run->process.log);
    fail(run, reason);
    return false;
}

/*
 * Whether a run of EXTENSION times the ops is worth it and fits its time limit. It is when the evidence is
 * thin, and before a leak is told where none was expected: a cache that fills slowly looks like one until it
 * is full.
 */
static bool should_extend(const hg_cell_run *run, bool thin)
{
    bool surprising = run->result.verdict == HG_VERDICT_LEAK && run->result.expect == HG_EXPECT_CLEAN;
    double took = hg_process_now() - run->process.started;
    return (thin || (surprising && run->extensions == 0)) && run->extensions < MOST_EXTENSIONS &&
           took * EXTENSION * 1.5 < run->plan.time_limit_seconds;
}

static void extend(hg_cell_run *run)
{
    run->extensions++;
    run->ops_per_round *= EXTENSION;
    if (!launch(run))
        finish(run);
}

/* In verify mode the reason says how much was verified; a single mistake makes every count doubtful. */
static void note_verification(hg_cell_run *run)
{
    uint64_t verified = atomic_load(&run->record.header->verified);
    uint64_t mistaken = atomic_load(&run->record.header->mistaken);
    if (!run->plan.verify)
        return;
    if (mistaken > 0 || verified == 0) {
        run->result.verdict = HG_VERDICT_FAILED;
        run->result.blind = true;
        set_format(&run->result.reason, "%" PRIu64 " of %" PRIu64 " stacks were recognised as another stack",
                   mistaken, verified);
        return;
    }
    char *before = strdup(run->result.reason);
    if (before)
        set_format(&run->result.reason, "%s; %" PRIu64 " recognised stacks walked again, all right", before,
                   verified);
    free(before);
}

static void after_measurement(hg_cell_run *run, hg_symbols *symbols)
{
    if (!ended_well(run))
        return;
    hg_judge_input input = {
        .record = &run->record,
        .territory = {.library_path = run->plan.library_path,
                      .plugin = run->plan.plugin,
                      .runner = run->plan.runner,
                      .probe = run->plan.probe},
        .warmup_rounds = HG_WARMUP_ROUNDS,
        .ops_per_round = run->ops_per_round,
        .max_bytes_per_op = run->plan.max_bytes_per_op,
    };
    bool thin = false;
    note_sizes(run);
    if (!hg_judge_cell(&input, symbols, &run->result, &thin)) {
        fail(run, "out of memory while analysing");
        return;
    }
    note_verification(run);
    if (should_extend(run, thin))
        extend(run);
    else
        finish(run);
}

/* The plug-in's file name without folder, "lib" and extension. */
static bool set_name_from_file(char **target, const char *path)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (strncmp(name, "lib", 3) == 0 && name[3] != '\0' && name[3] != '.')
        name += 3;
    char *copy = strdup(name);
    if (!copy)
        return false;
    char *dot = strstr(copy, ".so");
    if (dot && dot != copy)
        *dot = '\0';
    free(*target);
    *target = copy;
    return true;
}

static bool fill_labels(hg_cell_run *run)
{
    const hg_cell_plan *plan = &run->plan;
    hg_cell *cell = &run->result;
    cell->expect = plan->expect;
    cell->seed = plan->seed;
    cell->max_bytes_per_op = plan->max_bytes_per_op;
    cell->rate_per_hour = plan->rate_per_hour;
    const char *unit = plan->description.unit[0] ? plan->description.unit : "op";
    const char *name = plan->workload ? plan->workload : plan->description.name;
    return set_string(&cell->subject, plan->subject) && set_string(&cell->allocator, plan->allocator) &&
           set_string(&cell->plugin, plan->plugin) && set_string(&cell->unit, unit) &&
           set_string(&cell->reason, "") && set_string(&cell->log, "") && set_string(&cell->reproduce, "") &&
           (name[0] ? set_string(&cell->workload, name) : set_name_from_file(&cell->workload, plan->plugin));
}

hg_cell_run *hg_cell_start(const hg_cell_plan *plan)
{
    hg_cell_run *run = calloc(1, sizeof *run);
    if (!run)
        return NULL;
    run->plan = *plan;
    run->record_fd = -1;
    run->started = hg_process_now();
    if (!fill_labels(run)) {
        hg_cell_free(run);
        return NULL;
    }
    settle_sizes(run);
    note_sizes(run);
    if (!launch(run)) {
        char reason[256];
        snprintf(reason, sizeof reason, "cannot start the runner: %s", strerror(errno));
        fail(run, reason);
    }
    return run;
}

bool hg_cell_poll(hg_cell_run *run, hg_symbols *symbols)
{
    while (!run->done) {
        if (!hg_process_poll(&run->process))
            return false;
        run->running = false;
        after_measurement(run, symbols);
    }
    return true;
}

void hg_cell_descriptors(const hg_cell_run *run, int ret_fds[2])
{
    ret_fds[0] = run->running ? run->process.exit_fd : -1;
    ret_fds[1] = run->running ? run->process.output_fd : -1;
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
    if (run->running)
        hg_process_stop(&run->process);
    hg_record_close(&run->record);
    if (run->record_fd >= 0)
        close(run->record_fd);
    hg_cell_clear(&run->result);
    free(run);
}
