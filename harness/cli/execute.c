#include "cli/cli.h"

#include "base/timestamp.h"
#include "driver/schedule.h"
#include "driver/speed.h"
#include "formats.h"
#include "process/describe.h"
#include "process/guardian.h"
#include "process/process.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t hg_interrupted;

static void interrupt(int signal)
{
    (void)signal;
    hg_interrupted = 1;
}

void hg_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool replace(char **field, char *text)
{
    if (!text)
        return false;
    free(*field);
    *field = text;
    return true;
}

/* While cells run. */
typedef struct ongoing {
    hg_run *run;
    const char *out;     /* NULL: nothing is written */
    bool shown;          /* to a person at a terminal */
    double started;      /* seconds, monotonic, as the others */
    double next_writing; /* not before */
    bool failed_to_write;
} ongoing;

/* One line that is written over. */
static void show_progress(const ongoing *now, const hg_cell *cell, size_t planned)
{
    size_t done = now->run->cell_count;
    double left = (hg_process_now() - now->started) / (double)done * (double)(planned - done);
    fprintf(stderr, "\r\033[K%zu of %zu cells, about %.0f s left: %.40s %.20s %.20s %s", done, planned, left,
            cell->workload, cell->subject, cell->allocator, hg_verdict_name(cell->verdict));
    if (done == planned)
        fputs("\r\033[K", stderr);
    fflush(stderr);
}

/*
 * Writes run.json as it stands, so that whatever happens to this process, what was measured is there. Writing
 * takes at most a twentieth of the time, however many cells there are.
 */
static void keep_what_is_there(ongoing *now, size_t planned)
{
    enum { WRITE_EVERY = 20 };
    double begun = hg_process_now();
    char *missing;
    if (!now->out || now->failed_to_write || begun < now->next_writing)
        return;
    if (asprintf(&missing,
                 "%zu of %zu cells had ended when this was written; the run went on, or was broken off",
                 now->run->cell_count, planned) < 0)
        return;
    replace(&now->run->unfinished, missing);
    now->run->duration_seconds = begun - now->started;
    int error = hg_output_replace_run(now->out, now->run, false);
    now->run->unfinished[0] = '\0';
    if (error != 0)
        hg_complain("cannot write %s/run.json: %s; going on", now->out, strerror(error));
    now->failed_to_write = error != 0;
    double ended = hg_process_now();
    now->next_writing = ended + (WRITE_EVERY - 1) * (ended - begun);
}

static bool note_interruption(hg_run *run, size_t planned)
{
    char *missing;
    int length = asprintf(&missing, "interrupted when %zu of %zu cells had ended", run->cell_count, planned);
    return length >= 0 && replace(&run->unfinished, missing);
}

static void note_progress(void *user_data, const hg_run *run, const hg_cell *cell, size_t planned)
{
    ongoing *now = user_data;
    (void)run;
    if (now->shown)
        show_progress(now, cell, planned);
    if (now->run->cell_count < planned)
        keep_what_is_there(now, planned);
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

static char *join_command(const hg_options *options)
{
    size_t size = 1;
    for (int i = 0; i < options->argc; i++)
        size += strlen(options->argv[i]) + 1;
    char *text = malloc(size);
    if (!text)
        return NULL;
    char *at = text;
    for (int i = 0; i < options->argc; i++) {
        if (i > 0)
            *at++ = ' ';
        at = stpcpy(at, options->argv[i]);
    }
    *at = '\0';
    return text;
}

bool hg_set_command(hg_run *run, const hg_options *options)
{
    if (replace(&run->command, join_command(options)))
        return true;
    hg_complain("out of memory");
    return false;
}

bool hg_label_run(hg_run *run, const char *suite_name, const hg_options *options)
{
    char started[HG_TIMESTAMP_SIZE];
    hg_timestamp_write(time(NULL), started);
    return replace(&run->version, strdup(HG_VERSION)) && replace(&run->suite, strdup(suite_name)) &&
           replace(&run->started, strdup(started)) && replace(&run->machine, describe_machine()) &&
           replace(&run->command, join_command(options));
}

void hg_print_run(const hg_run *run, const hg_options *options)
{
    hg_report_options style = hg_output_style(options->verbose);
    if (options->quiet) {
        printf("%s\n", hg_run_outcome(run));
        return;
    }
    const hg_report_format *text = hg_report_find("text");
    if (!text || !text->write(run, &style, stdout))
        hg_complain("out of memory while printing");
}

/* Asks each plug-in, in each of its subjects and with each corpus, what it is; one that cannot be loaded is a
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
            hg_complain("%s", message);
            return false;
        }
    }
    return true;
}

/* Of which shard a run is, so that merge can tell whether all are there. */
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
    (void)user_data;
    fprintf(stderr, "\r\033[Ktimed %zu of %zu cells%s", done, total, done == total ? "\r\033[K" : "");
    fflush(stderr);
}

/* Without the probe and one at a time, once all verdicts are there. */
static int measure_speed(const hg_plans *plans, const hg_options *options, bool show, hg_run *run)
{
    bool wanted = options->speed;
    for (size_t i = 0; i < plans->count; i++)
        wanted |= plans->plans[i].max_slowdown > 0;
    if (!wanted)
        return 0;
    return hg_speed_measure(plans->plans, plans->count, &hg_interrupted, show ? show_timing : NULL, NULL,
                            run);
}

int hg_measure(hg_plans *plans, const char *suite_name, const hg_options *options, hg_run **ret_run)
{
    if (options->out && !hg_output_prepare(options->out))
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
    hg_catch_interrupts();
    if (options->out)
        hg_output_forget(options->out);
    unsigned parallel = options->parallel ? options->parallel : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    ongoing now = {
        .run = run,
        .out = options->out,
        .shown = isatty(STDERR_FILENO) && !options->quiet,
        .started = hg_process_now(),
    };
    const hg_progress progress = {note_progress, &now};
    /* Before the first cell, so that a run that was there before is not taken for this one. */
    keep_what_is_there(&now, plans->count);
    int status = hg_schedule(plans->plans, plans->count, parallel, &hg_interrupted, &progress, run);
    if (status == 0)
        status = measure_speed(plans, options, now.shown, run);
    run->duration_seconds = hg_process_now() - now.started;
    if (status < 0 && status != -EINTR) {
        hg_run_free(run);
        return hg_complain("%s", strerror(-status));
    }
    if (status == -EINTR && !note_interruption(run, plans->count)) {
        hg_run_free(run);
        return hg_complain("out of memory");
    }
    *ret_run = run;
    return status == -EINTR ? HG_EXIT_INTERRUPTED : HG_EXIT_PASS;
}

int hg_conclude(hg_run *run, const hg_options *options)
{
    run->exit_code = hg_run_exit_code(run);
    /* Whoever reads what is printed may go; the files are written all the same. */
    signal(SIGPIPE, SIG_IGN);
    hg_print_run(run, options);
    return options->out && !hg_output_write(run, options->out) ? HG_EXIT_USAGE : run->exit_code;
}

int hg_execute(hg_plans *plans, const char *suite_name, const hg_options *options)
{
    hg_run *run = NULL;
    int code = hg_measure(plans, suite_name, options, &run);
    if (!run)
        return code;
    int concluded = hg_conclude(run, options);
    if (code == HG_EXIT_INTERRUPTED)
        hg_complain("interrupted: %zu of %zu cells ended", run->cell_count, plans->count);
    else
        code = concluded;
    hg_run_free(run);
    return code;
}
