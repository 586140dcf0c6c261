#include "driver/cell.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for a variable that holds a few paths. */
#define HG_ENV_BYTES ((size_t)4 * PATH_MAX)

enum { MOST_WORDS = 40, MOST_VARIABLES = 24, OWN_WORDS = 7, OWN_VARIABLES = 6 };

/* The variables of a measured process. */
typedef struct cell_environment {
    char record[64], seed[64];
    char preload[HG_ENV_BYTES], library_path[HG_ENV_BYTES], corpus[HG_ENV_BYTES];
    char *list[MOST_VARIABLES];
    size_t count;
} cell_environment;

/* Adds a folder to a list of them; an empty one would mean the working directory. */
static void add_folder(char *list, const char *folder, size_t length)
{
    size_t used = strlen(list);
    if (length > 0)
        snprintf(list + used, HG_ENV_BYTES - used, "%s%.*s", list[used - 1] == '=' ? "" : ":", (int)length,
                 folder);
}

static void add_variable(cell_environment *environment, char *variable)
{
    environment->list[environment->count++] = variable;
    environment->list[environment->count] = NULL;
}

/* What every process of a cell is told, and where it finds the subject; probe_folder: "" or another folder to
 * search. */
static void fill_environment(cell_environment *environment, const hg_cell_plan *plan,
                             const char *probe_folder)
{
    const char *inherited = getenv("LD_LIBRARY_PATH");
    snprintf(environment->record, sizeof environment->record, HG_ENV_RECORD "=/proc/self/fd/%d",
             HG_RECORD_DESCRIPTOR);
    snprintf(environment->seed, sizeof environment->seed, "HEAPGATE_SEED=%llu",
             (unsigned long long)plan->seed);
    snprintf(environment->corpus, HG_ENV_BYTES, "HEAPGATE_CORPUS=%s", plan->corpus);
    snprintf(environment->library_path, HG_ENV_BYTES, "LD_LIBRARY_PATH=");
    add_folder(environment->library_path, plan->library_path, strlen(plan->library_path));
    add_folder(environment->library_path, probe_folder, strlen(probe_folder));
    if (inherited)
        add_folder(environment->library_path, inherited, strlen(inherited));
    add_variable(environment, environment->record);
    add_variable(environment, environment->seed);
    add_variable(environment, environment->corpus);
    if (plan->library_path[0] || probe_folder[0])
        add_variable(environment, environment->library_path);
}

/*
 * The probe is preloaded by its path, or, where that has a space, at which the dynamic linker would end it,
 * by its name and a folder to search. Ops are timed without it, but on the same allocator.
 */
static void fill_preloads(cell_environment *environment, const hg_cell_plan *plan, hg_launch what)
{
    const char *name = strrchr(plan->probe, '/') + 1;
    bool probed = what == HG_LAUNCH_ROUNDS;
    bool by_name = probed && strchr(plan->probe, ' ') != NULL;
    char folder[PATH_MAX] = "";
    if (by_name)
        snprintf(folder, sizeof folder, "%.*s", (int)(name - plan->probe - 1), plan->probe);
    fill_environment(environment, plan, folder);
    if (probed)
        snprintf(environment->preload, HG_ENV_BYTES, "LD_PRELOAD=%s:%s", by_name ? name : plan->probe,
                 plan->allocator_library);
    else
        snprintf(environment->preload, HG_ENV_BYTES, "LD_PRELOAD=%s", plan->allocator_library);
    if (what != HG_LAUNCH_DESCRIBE)
        add_variable(environment, environment->preload);
}

/* The runner's command. */
typedef struct runner_words {
    char numbers[4][24];
    char *list[OWN_WORDS + 1];
    size_t count, number_count;
} runner_words;

static void say(runner_words *words, char *word)
{
    words->list[words->count++] = word;
    words->list[words->count] = NULL;
}

static void say_number(runner_words *words, uint64_t number)
{
    char *text = words->numbers[words->number_count++];
    snprintf(text, sizeof words->numbers[0], "%llu", (unsigned long long)number);
    say(words, text);
}

/* Alone, they ask for a description. */
static void say_plugin(runner_words *words, const hg_cell_plan *plan)
{
    *words = (runner_words){0};
    say(words, (char *)plan->runner);
    say(words, (char *)plan->plugin);
}

static void say_rounds(runner_words *words, const hg_cell_plan *plan, uint64_t warmup_ops_per_round,
                       uint64_t ops_per_round)
{
    say_plugin(words, plan);
    say_number(words, HG_WARMUP_ROUNDS);
    say_number(words, plan->rounds);
    say_number(words, warmup_ops_per_round);
    say_number(words, ops_per_round);
}

static void say_timing(runner_words *words, hg_launch what, uint64_t warmup_ops, uint64_t ops)
{
    static char speed[] = "speed";
    static char pace[] = "pace";
    say(words, what == HG_LAUNCH_PACE ? pace : speed);
    say_number(words, warmup_ops);
    say_number(words, ops);
}

/* Starts a process on the record, which is closed when that fails. */
static int start(const hg_cell_plan *plan, char *const *arguments, char *const *environment,
                 hg_record *record, int record_fd, hg_process *ret_process)
{
    hg_process_spec spec = {
        .arguments = arguments,
        .environment = environment,
        .record_fd = record_fd,
        .time_limit_seconds = plan->time_limit_seconds,
        .memory_limit_bytes = plan->memory_limit_bytes,
    };
    int status = hg_process_start(&spec, ret_process);
    if (status < 0) {
        hg_record_close(record);
        close(record_fd);
    }
    return status;
}

/* The same on a new record. */
static int start_new(const hg_cell_plan *plan, hg_launch what, uint32_t epochs, const runner_words *words,
                     hg_record *ret_record, int *ret_record_fd, hg_process *ret_process)
{
    cell_environment environment = {0};
    hg_record record;
    int record_fd;
    fill_preloads(&environment, plan, what);
    int status = hg_record_create(epochs, &record, &record_fd);
    if (status < 0)
        return status;
    record.header->mode = plan->verify ? HG_MODE_VERIFY : 0;
    status = start(plan, words->list, environment.list, &record, record_fd, ret_process);
    if (status < 0)
        return status;
    *ret_record = record;
    *ret_record_fd = record_fd;
    return 0;
}

static size_t count_words(const char *const *words)
{
    size_t count = 0;
    while (words[count])
        count++;
    return count;
}

int hg_cell_launch_watched(const hg_cell_plan *plan, const hg_watcher *watcher, uint64_t warmup_ops_per_round,
                           uint64_t ops_per_round, hg_record *ret_record, int *ret_record_fd,
                           hg_process *ret_process)
{
    cell_environment environment = {0};
    runner_words words;
    char *arguments[MOST_WORDS];
    size_t used = count_words(watcher->words);
    hg_record record;
    int record_fd;
    if (used + OWN_WORDS >= MOST_WORDS || count_words(watcher->variables) + OWN_VARIABLES >= MOST_VARIABLES)
        return -E2BIG;
    fill_environment(&environment, plan, "");
    for (size_t i = 0; watcher->variables[i]; i++)
        add_variable(&environment, (char *)watcher->variables[i]);
    snprintf(environment.preload, HG_ENV_BYTES, "LD_PRELOAD=%s", watcher->preload);
    if (watcher->preload[0])
        add_variable(&environment, environment.preload);
    say_rounds(&words, plan, warmup_ops_per_round, ops_per_round);
    memcpy(arguments, watcher->words, used * sizeof *arguments);
    memcpy(arguments + used, words.list, (words.count + 1) * sizeof *arguments);
    int status = hg_record_create_bare(HG_WARMUP_ROUNDS + plan->rounds, &record, &record_fd);
    if (status < 0)
        return status;
    status = start(plan, arguments, environment.list, &record, record_fd, ret_process);
    if (status < 0)
        return status;
    *ret_record = record;
    *ret_record_fd = record_fd;
    return 0;
}

int hg_cell_launch(const hg_cell_plan *plan, hg_launch what, uint64_t warmup_ops, uint64_t ops,
                   hg_record *ret_record, int *ret_record_fd, hg_process *ret_process)
{
    runner_words words;
    if (what == HG_LAUNCH_ROUNDS) {
        say_rounds(&words, plan, warmup_ops, ops);
        return start_new(plan, what, HG_WARMUP_ROUNDS + plan->rounds, &words, ret_record, ret_record_fd,
                         ret_process);
    }
    say_plugin(&words, plan);
    if (what != HG_LAUNCH_DESCRIBE)
        say_timing(&words, what, warmup_ops, ops);
    return start_new(plan, what, 1, &words, ret_record, ret_record_fd, ret_process);
}

int hg_cell_launch_soak(const hg_cell_plan *plan, const hg_soak_pace *pace, hg_record *ret_record,
                        int *ret_record_fd, hg_process *ret_process)
{
    runner_words words;
    say_plugin(&words, plan);
    say_number(&words, pace->warmup_ops);
    say_number(&words, pace->round_ops);
    say_number(&words, (uint64_t)pace->period_ns);
    say_number(&words, (uint64_t)pace->round_ns);
    static char soak[] = "soak";
    say(&words, soak);
    return start_new(plan, HG_LAUNCH_ROUNDS, HG_MAX_EPOCHS, &words, ret_record, ret_record_fd, ret_process);
}
