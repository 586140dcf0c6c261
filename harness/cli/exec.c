#include "cli/command.h"
#include "cli/ctest_log.h"
#include "cli/exec_holders.h"
#include "cli/exec_keep.h"
#include "cli/exec_options.h"
#include "cli/exec_serve.h"
#include "cli/exec_watch.h"
#include "cli/execute.h"
#include "cli/output.h"
#include "exec/budgets.h"
#include "exec/cells.h"
#include "exec/session.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rounds of the clock are longer than asked for where checkpoints are dear: of so many ms, in the mean. */
static unsigned long long mean_ms(const hg_rounds *rounds, uint32_t whole)
{
    int64_t all_ns = 0;
    for (uint32_t i = 0; i < whole; i++)
        all_ns += rounds->samples[i].wall_ns;
    return whole == 0 ? 0 : (unsigned long long)(all_ns / whole + 500000) / 1000000;
}

/* Prints what the table does not show. */
static void write_notes(const hg_session *session, const hg_exec_options *options, FILE *out)
{
    char ending[160], cost[160], stretched[64] = "";
    const hg_rounds *rounds = &session->program.rounds;
    uint32_t whole = rounds->count - (session->program.has_end ? 1 : 0);
    unsigned long long ops = rounds->length * hg_cells_ops(&options->plan);
    const char *unit = hg_cells_unit(&options->plan);
    /* "ms" and "MiB allocated" have no plural. */
    bool plural = ops != 1 && unit[2] != '\0' && !strchr(unit, ' ');
    unsigned long long asked_ms = rounds->length * (unsigned long long)(options->plan.round_ns / 1000000);
    unsigned long long took_ms = mean_ms(rounds, whole);
    if (options->plan.pace == HG_ROUND_END_TIME && took_ms > asked_ms + asked_ms / 2)
        snprintf(stretched, sizeof stretched, " or more (%llu ms on average)", took_ms);
    hg_cells_ending(session, ending, sizeof ending);
    fprintf(out, "heapgate: %s; %u round%s, each %llu %s%s%s; one op is one %s\n", ending, whole,
            whole == 1 ? "" : "s", ops, unit, plural ? "s" : "", stretched, unit);
    if (session->program.full)
        fputs("heapgate: the record of rounds was full before the program ended; use longer rounds\n", out);
    hg_budgets_tell(&session->program, cost, sizeof cost);
    if (cost[0])
        fprintf(out, "heapgate: %s\n", cost);
    if (!options->plan.children)
        return;
    fprintf(out, "heapgate: children with enough rounds for a verdict: %u; with fewer: %u\n",
            session->child_count, session->brief_children);
    if (session->missed_children > 0)
        fprintf(out, "heapgate: %u more %s not watched (limit: %u at a time)\n", session->missed_children,
                session->missed_children == 1 ? "child was" : "children were", HG_MOST_CHILDREN);
}

typedef struct report {
    const hg_run *run;
    const hg_session *session;
    const hg_exec_options *options;
    hg_report_options style;
} report;

static bool write_report(const void *data, FILE *out)
{
    const report *made = data;
    const hg_report_format *text = hg_report_find("text");
    if (!made->options->common.quiet) {
        write_notes(made->session, made->options, out);
        fputc('\n', out);
    }
    return text && text->write(made->run, &made->style, out);
}

/* Writes the text report to the file of --report; without one, or if that fails, to standard error. */
static bool print_report(const hg_session *session, const hg_exec_options *options, const hg_run *run)
{
    report made = {run, session, options, hg_output_style_for(options->report, options->common.verbose)};
    if (options->report && hg_output_to(options->report, write_report, &made))
        return true;
    made.style = hg_output_error_style(options->common.verbose);
    return write_report(&made, stderr) && !options->report;
}

static int conclude(hg_session *session, const hg_exec_options *options, const hg_cells_plan *how,
                    hg_run *run)
{
    run->duration_seconds = session->seconds;
    if (!hg_cells_add(session, how, run))
        return hg_complain("out of memory");
    run->exit_code = hg_run_exit_code(run);
    if (options->common.quiet)
        hg_print_outcome(run, stderr);
    bool told = (options->common.quiet && !options->report) || print_report(session, options, run);
    bool kept = !options->common.out || hg_output_write(run, options->common.out);
    return hg_ctest_log(run) && told && kept ? run->exit_code : HG_EXIT_USAGE;
}

/* Whoever is to hear of a session that goes on. */
typedef struct listeners {
    bool knows_output_error;
    hg_exec_keep keep;
    hg_exec_serve *serve; /* NULL: nobody serves */
} listeners;

/* Once. */
static void tell_output_error(const hg_session *session, listeners *all)
{
    if (session->output_error == 0 || all->knows_output_error)
        return;
    all->knows_output_error = true;
    hg_complain("cannot write to standard output what the program prints: %s; its lines are counted all the "
                "same",
                strerror(session->output_error));
}

static void note_progress(const hg_session *session, void *data)
{
    listeners *all = data;
    tell_output_error(session, all);
    if (all->serve)
        hg_exec_serve_progress(all->serve, session);
    hg_exec_keep_progress(session, &all->keep);
}

static int measure(const hg_exec_options *options, hg_exec_serve *serve, hg_run *run)
{
    hg_session *session = calloc(1, sizeof *session);
    if (!session)
        return hg_complain("out of memory");
    const hg_cells_plan how = {
        .plan = &options->plan,
        .allocator = options->allocator->name,
        .command = run->command,
        .expect = options->expect,
        .paced = options->paced,
        .warmup_rounds = options->warmup_rounds,
        .max_bytes_per_op = options->max_bytes_per_op,
        .exit_status = options->exit_status,
        .hold = options->plan.scans ? hg_exec_hold : NULL,
    };
    listeners all = {.keep = {.folder = options->common.out, .serve = serve, .how = &how, .run = run},
                     .serve = serve};
    int status = hg_session_run(&options->plan, note_progress, &all, session);
    tell_output_error(session, &all);
    hg_exec_keep_stop(&all.keep);
    if (serve)
        hg_exec_serve_stop(serve);
    int code;
    if (status < 0) {
        code = hg_complain("cannot %s %s: %s", options->attaches ? "watch" : "start", options->target.path,
                           strerror(-status));
    } else {
        code = conclude(session, options, &how, run);
        hg_session_free(session);
    }
    free(session);
    return code;
}

/* Where clients find it; printed even with --quiet, as port 0 is known in no other way. */
static int serve_and_measure(const hg_exec_options *options, hg_run *run)
{
    hg_exec_serve serve;
    if (!options->serve)
        return measure(options, NULL, run);
    if (!hg_exec_serve_open(options->serve, options->token[0] ? options->token : NULL, options->plan.probe,
                            &serve))
        return HG_EXIT_USAGE;
    serve.run = run;
    serve.folder = options->common.out;
    serve.snapshots = options->snapshots;
    serve.asks_holders = options->plan.scans;
    hg_complain("serving at %s", serve.listener.name);
    int code = measure(options, &serve, run);
    hg_listener_close(&serve.listener);
    return code;
}

bool hg_exec_can_write(const hg_exec_options *options)
{
    return (!options->common.out || hg_output_prepare(options->common.out)) &&
           (!options->report || hg_output_is_writable("--report", options->report));
}

int hg_exec_watch(const hg_exec_options *options, const char *name)
{
    hg_run *run = hg_run_new();
    int code = HG_EXIT_USAGE;
    if (run && hg_label_run(run, name, &options->common))
        code = serve_and_measure(options, run);
    else
        hg_complain("out of memory");
    hg_run_free(run);
    return code;
}

static int run_exec(int argc, char **argv)
{
    hg_exec_options options;
    hg_places places;
    hg_exec_options_parse(argc, argv, &options);
    int code = HG_EXIT_USAGE;
    if (hg_places_find(&places) && hg_can_record() && hg_exec_can_write(&options)) {
        options.plan.probe = hg_places_probe(&places, options.allocator->name);
        code = hg_exec_watch(&options, options.plan.arguments[0]);
    }
    hg_exec_options_free(&options);
    return code;
}

const hg_command hg_command_exec = {"exec", "watch any program, unmodified, for growth", run_exec};
