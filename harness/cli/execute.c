#include "cli/execute.h"

#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/ctest_log.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/shell_word.h"
#include "driver/schedule.h"
#include "driver/speed.h"
#include "holders/holders.h"
#include "process/describe.h"
#include "process/guardian.h"
#include "process/process.h"
#include "view/view.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t hg_interrupted;

static void interrupt(int signal)
{
    (void)signal;
    hg_interrupted = 1;
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Under nohup it is ignored, and the run is to go on. */
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

bool hg_can_record(void)
{
    hg_record record;
    int descriptor;
    struct rlimit space;
    int status = hg_record_create(1, &record, &descriptor);
    bool is_limited = getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
    if (status < 0)
        return hg_refuse("cannot make the record of measurements, a file in memory: %s%s", strerror(-status),
                         status == -EFBIG                  ? "; raise the limit with ulimit -f unlimited"
                         : status == -ENOMEM && is_limited ? "; raise the limit with ulimit -v unlimited"
                                                           : "");
    hg_record_close(&record);
    close(descriptor);
    return true;
}

/* Of this process and of the one it measures. */
enum { LEAST_FILES = 32 };

bool hg_can_launch(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < LEAST_FILES)
        return hg_refuse(
            "the limit of open files is %llu, and heapgate needs %d; raise it with ulimit -n 1024",
            (unsigned long long)limit.rlim_cur, LEAST_FILES);
    return hg_can_record();
}

static bool replace(char **field, char *text)
{
    if (!text)
        return false;
    free(*field);
    *field = text;
    return true;
}

/* "3 of 8 cells WHAT", as the reason why the run is not finished. False when memory ran out. */
static bool note_unfinished(hg_run *run, size_t planned, const char *what)
{
    char *text;
    return asprintf(&text, "%zu of %zu cell%s %s", run->cell_count, planned, planned == 1 ? "" : "s", what) >=
               0 &&
           replace(&run->unfinished, text);
}

/* The state while cells run. */
typedef struct ongoing {
    hg_run *run;
    const char *out; /* NULL: nothing is written */
    hg_progress_line line;
    double next_writing; /* not before; seconds, monotonic */
    bool failed_to_write;
} ongoing;

/*
 * Writes run.json as it stands, so that what was measured is kept whatever happens to this process. Writing
 * takes at most a twentieth of the time, however many cells there are.
 */
static void write_unfinished_run(ongoing *now, size_t planned)
{
    enum { WRITE_EVERY = 20 };
    double begun = hg_process_now();
    if (!now->out || now->failed_to_write || begun < now->next_writing ||
        !note_unfinished(now->run, planned,
                         "had ended when this was written; the run went on, or was stopped"))
        return;
    now->run->duration_seconds = begun - now->line.started;
    int error = hg_output_replace_run(now->out, now->run, false);
    now->run->unfinished[0] = '\0';
    if (error != 0)
        hg_complain("cannot write %s/run.json: %s; the run goes on", now->out, strerror(error));
    now->failed_to_write = error != 0;
    double ended = hg_process_now();
    now->next_writing = ended + (WRITE_EVERY - 1) * (ended - begun);
}

static void note_progress(void *user_data, const hg_run *run, const hg_cell *cell, size_t planned)
{
    ongoing *now = user_data;
    (void)run;
    hg_progress_ended(&now->line, cell, now->run->cell_count, planned);
    if (now->run->cell_count < planned)
        write_unfinished_run(now, planned);
}

static void note_running(void *user_data, const hg_cell_progress *cell, size_t planned)
{
    ongoing *now = user_data;
    hg_progress_running(&now->line, cell, now->run->cell_count, planned);
}

static char *describe_machine(void)
{
    struct utsname name;
    char model[128] = "unknown processor";
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            snprintf(model, sizeof model, "%s", strchr(line, ':') + 2);
            model[strcspn(model, "\n")] = '\0';
            break;
        }
    }
    if (file)
        fclose(file);
    char *text = NULL;
    if (uname(&name) != 0 || asprintf(&text, "%s %s %s, %ld x %s", name.sysname, name.release, name.machine,
                                      sysconf(_SC_NPROCESSORS_ONLN), model) < 0)
        return NULL;
    return text;
}

bool hg_set_command(hg_run *run, const hg_options *options)
{
    return replace(&run->command, hg_quote_command(options->argc, options->argv)) ||
           hg_refuse("out of memory");
}

bool hg_label_run(hg_run *run, const char *suite_name, const hg_options *options)
{
    char started[HG_TIMESTAMP_SIZE];
    hg_timestamp_write(time(NULL), started);
    return replace(&run->version, strdup(HG_VERSION)) && replace(&run->suite, strdup(suite_name)) &&
           replace(&run->started, strdup(started)) && replace(&run->machine, describe_machine()) &&
           replace(&run->command, hg_quote_command(options->argc, options->argv));
}

void hg_print_outcome(const hg_run *run, FILE *out)
{
    fprintf(out, "%s\n", hg_run_lacks_leak(run) ? "no leak" : hg_run_outcome(run));
}

void hg_print_run(const hg_run *run, const hg_options *options)
{
    hg_report_options style = hg_output_style(options->verbose);
    if (options->quiet) {
        hg_print_outcome(run, stdout);
        return;
    }
    const hg_report_format *text = hg_report_find("text");
    if (!text || !text->write(run, &style, stdout))
        hg_complain("out of memory while printing");
}

/* Asks each plug-in, with each subject and corpus, what it is. One that cannot be loaded is the user's
 * mistake, not a failed cell. */
static bool describe_plugins(hg_plans *plans)
{
    char message[1100];
    for (size_t i = 0; i < plans->count; i++) {
        hg_cell_plan *plan = &plans->plans[i];
        const hg_cell_plan *same = NULL;
        for (size_t k = 0; k < i && !same; k++)
            if (strcmp(plans->plans[k].plugin, plan->plugin) == 0 &&
                strcmp(plans->plans[k].library_path, plan->library_path) == 0 &&
                strcmp(plans->plans[k].corpus, plan->corpus) == 0)
                same = &plans->plans[k];
        if (same) {
            plan->description = same->description;
        } else if (!hg_describe(plan, &plan->description, message, sizeof message)) {
            return hg_refuse("%s", message);
        }
    }
    return true;
}

/* Notes which shard a run is, so that merge can tell whether all shards are there. */
static bool label_part(hg_run *run, const hg_plans *plans)
{
    if (plans->shards == 0)
        return true;
    run->part.numbers = calloc(1, sizeof *run->part.numbers);
    if (!run->part.numbers)
        return false;
    run->part.shards = plans->shards;
    run->part.numbers[0] = plans->shard;
    run->part.number_count = 1;
    run->part.cells = plans->count;
    run->part.suite_cells = plans->suite_cells;
    return true;
}

static void show_timing(size_t done, size_t total, void *user_data)
{
    hg_progress_timed(user_data, done, total);
}

/* Times the cells one after the other, without the probe, once all verdicts are known. */
static int measure_speed(const hg_plans *plans, const hg_options *options, hg_progress_line *line,
                         hg_run *run)
{
    bool wanted = options->speed;
    for (size_t i = 0; i < plans->count; i++)
        wanted |= plans->plans[i].max_slowdown > 0;
    if (!wanted)
        return 0;
    return hg_speed_measure(plans->plans, plans->count, &hg_interrupted, show_timing, line, run);
}

/* A frame's module may be told relative to the working folder. */
static bool is_same_file(const char *absolute, const char *module)
{
    size_t whole = strlen(absolute), part = strlen(module);
    return part > 0 && part <= whole && strcmp(absolute + whole - part, module) == 0 &&
           (part == whole || absolute[whole - part - 1] == '/');
}

/* The growth of a cell whose culprit lies in the plug-in. NULL: there is none. */
static const hg_site *find_growth_of_plugin(const hg_cell *cell)
{
    for (size_t i = 0; i < cell->site_count; i++)
        if (hg_site_grows(&cell->sites[i]) && cell->sites[i].frame_count > 0 &&
            is_same_file(cell->plugin, cell->sites[i].frames[0].module))
            return &cell->sites[i];
    return NULL;
}

static bool has_another_build(const hg_plans *plans, const hg_cell_plan *plan)
{
    bool found = false;
    for (size_t i = 0; i < plans->count; i++)
        found |= strcmp(plans->plans[i].plugin, plan->plugin) == 0 &&
                 strcmp(plans->plans[i].library_path, plan->library_path) != 0;
    return found;
}

/* Inlined functions and templates of a library lie in the plug-in, and are those of the build that it was
 * compiled with, whichever build of the library is measured. */
static void warn_of_shared_growth(const hg_plans *plans, const hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        const hg_site *site = cell->verdict == HG_VERDICT_LEAK ? find_growth_of_plugin(cell) : NULL;
        for (size_t k = 0; site && k < plans->count; k++) {
            const hg_cell_plan *plan = &plans->plans[k];
            if (strcmp(plan->plugin, cell->plugin) != 0 || strcmp(plan->subject, cell->subject) != 0 ||
                !has_another_build(plans, plan))
                continue;
            hg_complain("note: %s grows in the plug-in itself (%s), which is the same for all builds of the "
                        "library; if that is code of the library's headers, give each build a plug-in of its "
                        "own (heapgate compare BEFORE.so AFTER.so, or plugin: {%s: ...} in a suite)",
                        cell->workload, site->frames[0].function[0] ? site->frames[0].function : "no name",
                        cell->subject);
            return;
        }
    }
}

/* Whether no cell for which there is such a bound has the holder, though its holders are known. */
static bool is_never_found(const hg_plans *plans, const hg_run *run, const hg_bounds *bounds,
                           const hg_bound *bound)
{
    bool looked = false;
    for (size_t i = 0; i < run->cell_count && i < plans->count; i++) {
        const hg_cell *cell = &run->cells[i];
        if (plans->plans[i].bounds[0] != bounds && plans->plans[i].bounds[1] != bounds)
            continue;
        looked |= cell->verdict != HG_VERDICT_FAILED && cell->holders_missing[0] == '\0';
        for (size_t k = 0; k < cell->holder_count; k++)
            if (cell->holders[k].bound.known && strcmp(cell->holders[k].bound.holder, bound->holder) == 0)
                return false;
    }
    return looked;
}

/* Bounds of holders that nobody has; each list once. */
static void warn_of_unknown_holders(const hg_plans *plans, const hg_run *run)
{
    for (size_t i = 0; i < plans->count; i++)
        for (size_t list = 0; list < 2; list++) {
            const hg_bounds *bounds = plans->plans[i].bounds[list];
            bool told = false;
            for (size_t k = 0; k < i; k++)
                told |= plans->plans[k].bounds[list] == bounds;
            for (size_t b = 0; bounds && !told && b < bounds->count; b++)
                if (is_never_found(plans, run, bounds, &bounds->bounds[b]))
                    hg_complain(
                        "note: the bound of '%s' is for nothing: no process held a block by this name; "
                        "heapgate report RUN --format holders shows the names",
                        bounds->bounds[b].holder);
        }
}

int hg_measure_begin(hg_plans *plans, const char *suite_name, const hg_options *options, hg_run **ret_run)
{
    if (options->out && !hg_output_prepare(options->out))
        return HG_EXIT_USAGE;
    if (!hg_can_launch())
        return HG_EXIT_USAGE;
    int guarded = hg_guardian_start();
    if (guarded < 0)
        return hg_complain("cannot start a process: %s", strerror(-guarded));
    if (!describe_plugins(plans))
        return HG_EXIT_USAGE;
    hg_run *run = hg_run_new();
    if (!run || !hg_label_run(run, suite_name, options) || !label_part(run, plans)) {
        hg_run_free(run);
        return hg_complain("out of memory");
    }
    catch_interrupts();
    if (options->out)
        hg_output_remove_reports(options->out);
    *ret_run = run;
    return HG_EXIT_PASS;
}

int hg_measure(hg_plans *plans, const char *suite_name, const hg_options *options, hg_run **ret_run)
{
    hg_run *run = NULL;
    int code = hg_measure_begin(plans, suite_name, options, &run);
    if (!run)
        return code;
    ongoing now = {
        .run = run,
        .out = options->out,
        .line = {.shown = isatty(STDERR_FILENO) && !options->quiet, .started = hg_process_now()},
    };
    const hg_progress progress = {note_progress, note_running, &now};
    /* Before the first cell, so that an earlier run.json is not taken for this run's. */
    write_unfinished_run(&now, plans->count);
    int status = hg_schedule(plans->plans, plans->count, hg_options_parallel(options), &hg_interrupted,
                             &progress, run);
    if (status == 0)
        status = hg_holders_measure(plans->plans, plans->count, options->holders,
                                    hg_options_parallel(options), &hg_interrupted, run);
    if (status == 0)
        status = measure_speed(plans, options, &now.line, run);
    run->duration_seconds = hg_process_now() - now.line.started;
    if (status < 0 && status != -EINTR) {
        hg_run_free(run);
        return hg_complain("%s", strerror(-status));
    }
    *ret_run = run;
    if (!options->unjudged)
        warn_of_shared_growth(plans, run);
    if (status == 0 && options->holders != HG_HOLDERS_NEVER)
        warn_of_unknown_holders(plans, run);
    for (size_t i = 0; i < plans->count && options->holders == HG_HOLDERS_NEVER && !options->unjudged; i++)
        if (hg_cell_plan_has_bounds(&plans->plans[i])) {
            hg_complain("note: with --holders never, no holder is kept within its bound");
            break;
        }
    if (status == 0)
        return HG_EXIT_PASS;
    if (!note_unfinished(run, plans->count, "had ended when the run was interrupted"))
        hg_complain("out of memory");
    hg_progress_clear(&now.line);
    hg_complain("interrupted: %zu of %zu cell%s ended", run->cell_count, plans->count,
                plans->count == 1 ? "" : "s");
    return HG_EXIT_INTERRUPTED;
}

int hg_conclude(hg_run *run, const hg_options *options)
{
    run->exit_code = hg_run_exit_code(run);
    /* The files are written even if the reader of standard output has gone away. */
    signal(SIGPIPE, SIG_IGN);
    hg_print_run(run, options);
    bool kept = !options->out || hg_output_write(run, options->out);
    return hg_ctest_log(run) && kept ? run->exit_code : HG_EXIT_USAGE;
}

int hg_execute(hg_plans *plans, const char *suite_name, const hg_options *options)
{
    hg_run *run = NULL;
    int code = hg_measure(plans, suite_name, options, &run);
    if (!run)
        return code;
    int concluded = hg_conclude(run, options);
    hg_run_free(run);
    return code == HG_EXIT_PASS ? concluded : code;
}
