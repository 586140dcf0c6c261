#include "soak/soak.h"
#include "base/humanise.h"
#include "base/memory_stream.h"
#include "base/timestamp.h"
#include "cli/alert_line.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/output.h"
#include "cli/soak_holders.h"
#include "cli/soak_keep.h"
#include "cli/soak_options.h"
#include "process/describe.h"
#include "process/guardian.h"
#include "soak/publish.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t told_to_stop;

static void note_signal(int signal)
{
    (void)signal;
    told_to_stop = 1;
}

/* A second signal ends heapgate at once. The workload runs already, and keeps its own handling of signals. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hangup;
    /* nohup has it ignored, and the soak goes on. */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Completes what was not given by the default, which may be NULL. Complains if there is none. */
static bool choose(hg_names *names, const char *option, const char *by_default)
{
    if (names->count == 0 && by_default)
        hg_names_add(names, by_default);
    return names->count > 0 ||
           hg_refuse("a soak runs one cell: choose with %s NAME; heapgate list shows the names", option);
}

static bool choose_cell(const hg_suite *suite, hg_soak_options *given, hg_selection *ret_selection)
{
    const char *workload = suite->workload_count == 1                 ? suite->workloads[0].name
                           : hg_suite_has_workload(suite, "long-run") ? "long-run"
                                                                      : NULL;
    const char *subject = suite->subject_count == 1              ? suite->subjects[0].name
                          : hg_suite_has_subject(suite, "after") ? "after"
                                                                 : NULL;
    if (!choose(&given->workloads, "--workload", workload) ||
        !choose(&given->subjects, "--subject", subject) ||
        !choose(&given->common.allocators, "--allocator", suite->allocators[0]))
        return false;
    *ret_selection = (hg_selection){.workloads = given->workloads, .subjects = given->subjects};
    return true;
}

static int plan_cell(const hg_suite *suite, hg_soak_options *given, hg_plans *plans)
{
    hg_selection selection;
    if (suite && suite->holders[0])
        (void)hg_holders_mode_of(suite->holders, &given->common.holders);
    if (suite)
        return choose_cell(suite, given, &selection) ? hg_plan_suite(suite, &selection, &given->common, plans)
                                                     : HG_EXIT_USAGE;
    const hg_build build = {.subject = "main", .expect = HG_EXPECT_CLEAN};
    return hg_plan_plugin(given->plugin, &build, 1, &given->common, plans);
}

/* Memory that is available to programs, in bytes; UINT64_MAX if unknown. */
static uint64_t available_bytes(void)
{
    char line[128];
    unsigned long long kib;
    uint64_t bytes = UINT64_MAX;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && bytes == UINT64_MAX && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
            bytes = kib << 10;
    if (file)
        fclose(file);
    return bytes;
}

static void set_limits(const hg_soak_options *given, hg_cell_plan *cell)
{
    uint64_t available = available_bytes();
    if (given->max_bytes_per_op >= 0)
        cell->max_bytes_per_op = given->max_bytes_per_op;
    if (given->memory_bytes)
        cell->memory_limit_bytes = given->memory_bytes;
    else if (available != UINT64_MAX && cell->memory_limit_bytes > available / 5 * 4)
        cell->memory_limit_bytes = available / 5 * 4;
}

static double choose_rate(const hg_soak_options *given, const hg_cell_plan *cell)
{
    if (given->full_speed)
        return 0;
    if (given->rate_per_hour > 0)
        return given->rate_per_hour;
    return cell->rate_per_hour > 0 ? HG_SOAK_SPEED * cell->rate_per_hour : HG_SOAK_DEFAULT_RATE;
}

static void tell_start(const hg_soak_options *given, const hg_soak *soak, const hg_listener *listener)
{
    const hg_cell *cell = &soak->run->cells[0];
    double rate = soak->plan.ops_per_hour;
    if (given->common.quiet)
        return;
    hg_complain("soak of %s on %s (%s) for %s, after %llu op%s of warm-up", cell->workload, cell->subject,
                cell->allocator, hg_human_seconds(given->seconds).text,
                (unsigned long long)soak->pace.warmup_ops, soak->pace.warmup_ops == 1 ? "" : "s");
    char speed[160] = "at full speed";
    if (rate > 0)
        snprintf(speed, sizeof speed, "%s ops per hour", hg_human_rate(rate).text);
    size_t used = strlen(speed);
    if (rate > 0 && cell->rate_per_hour > 0)
        used += (size_t)snprintf(speed + used, sizeof speed - used, ", %s times the declared rate",
                                 hg_human_count_tick(rate / cell->rate_per_hour).text);
    if (strcmp(hg_cell_unit(cell), "op") != 0)
        snprintf(speed + used, sizeof speed - used, "; one op is one %.64s", hg_cell_unit(cell));
    hg_complain("%s", speed);
    hg_complain("limit: %s resident; a sample every %s%s%s",
                hg_human_bytes((double)soak->plan.cell->memory_limit_bytes).text,
                hg_human_seconds(given->sample_seconds).text, given->common.out ? ", to " : "",
                given->common.out ? given->common.out : "");
    if (listener && listener->path[0])
        hg_complain("curves at /, figures at /metrics of %s", listener->name);
    else if (listener)
        hg_complain("curves at %s, figures at %smetrics", listener->name, listener->name);
}

/* One line about the alert, whether it was raised or is over; printed even with --quiet. */
static void tell_alert(const hg_soak *soak, bool raised)
{
    const hg_cell *cell = &soak->run->cells[0];
    hg_quantity after = hg_human_seconds(soak->alert.seconds);
    char now[HG_TIMESTAMP_SIZE];
    hg_memory_stream line;
    FILE *out = hg_memory_stream_begin(&line);
    hg_timestamp_write(time(NULL), now);
    if (out && raised) {
        fprintf(out, "ALERT %s, %s after the start: %s on %s leaks", now, after.text, cell->workload,
                cell->subject);
        hg_alert_describe(cell, soak->alert.ops_per_second, out);
        fprintf(out, "; again: %s", cell->reproduce);
    } else if (out) {
        fprintf(out,
                "ALERT over %s: %s on %s has stopped growing and is clean; the alert was raised %s after the "
                "start",
                now, cell->workload, cell->subject, after.text);
    }
    char *text = out ? hg_memory_stream_end(&line, NULL) : NULL;
    hg_complain("%s", text ? text : raised ? "ALERT: a leak was found, and memory ran out" : "ALERT over");
    free(text);
}

static void wait_for_news(const hg_soak *soak, const hg_publisher *publisher)
{
    int fds[2];
    int wait_ms = hg_soak_wait_ms(soak);
    hg_server *server = publisher ? publisher->server : NULL;
    int server_ms = server ? hg_server_wait_ms(server) : wait_ms;
    hg_soak_descriptors(soak, fds);
    struct pollfd watched[] = {
        {.fd = fds[0], .events = POLLIN},
        {.fd = fds[1], .events = POLLIN},
        {.fd = server ? hg_server_descriptor(server) : -1, .events = POLLIN},
    };
    poll(watched, sizeof watched / sizeof *watched, server_ms < wait_ms ? server_ms : wait_ms);
}

static void watch(hg_soak *soak, const hg_soak_options *given, hg_publisher *publisher, hg_soak_keep *keep,
                  hg_soak_holders *holders)
{
    unsigned news = 0;
    while (!(news & HG_SOAK_OVER)) {
        wait_for_news(soak, publisher);
        if (told_to_stop)
            hg_soak_stop(soak);
        news = hg_soak_step(soak);
        if (news & HG_SOAK_ALERT) {
            tell_alert(soak, true);
            hg_soak_holders_find(holders, soak);
        }
        if (news & HG_SOAK_ALERT_GONE)
            tell_alert(soak, false);
        if ((news & HG_SOAK_ALERT) && given->stop_on_leak)
            hg_soak_stop(soak);
        hg_soak_keep_check(keep, soak);
        if ((news & HG_SOAK_JUDGED) || hg_process_now() >= keep->next)
            hg_soak_keep_write(keep, soak);
        if (publisher)
            hg_publish_run(publisher, soak);
    }
}

static int measure(hg_soak *soak, const hg_soak_options *given, const hg_listener *listener,
                   hg_publisher *publisher)
{
    hg_soak_keep keep;
    hg_soak_holders holders = {.options = &given->common,
                               .stop = &told_to_stop,
                               .publisher = publisher,
                               .snapshots = given->snapshots};
    hg_soak_holders_clear(given->common.out);
    if (!hg_soak_keep_start(given->common.out, soak, &keep))
        return HG_EXIT_USAGE;
    int status = hg_soak_start(soak);
    if (status < 0)
        return hg_complain("cannot start the runner: %s", strerror(-status));
    catch_signals();
    tell_start(given, soak, listener);
    watch(soak, given, publisher, &keep, &holders);
    hg_soak_holders_end(&holders);
    soak->run->duration_seconds = hg_soak_seconds(soak);
    if (soak->end == HG_SOAK_STOPPED && !given->common.quiet)
        hg_complain("stopped after %s of %s", hg_human_seconds(soak->run->duration_seconds).text,
                    hg_human_seconds(given->seconds).text);
    /* A run of its own, at full speed: the soak is over. */
    if (hg_holders_measure(soak->plan.cell, 1, given->common.holders, 1, &told_to_stop, soak->run) == -ENOMEM)
        return hg_complain("out of memory");
    return hg_conclude(soak->run, &given->common);
}

static int serve_and_measure(hg_soak *soak, const hg_soak_options *given)
{
    char message[512];
    const char *token = given->token[0] ? given->token : NULL;
    hg_listener listener;
    hg_publisher publisher;
    int code = HG_EXIT_USAGE;
    if (!hg_listener_open(given->serve, token != NULL, &listener, message, sizeof message))
        return hg_complain("--serve: %s", message);
    if (hg_publish_start(soak, &listener, token, &publisher))
        code = measure(soak, given, &listener, &publisher);
    else
        hg_complain("cannot serve on %s: out of memory or descriptors", given->serve);
    hg_publish_stop(&publisher);
    hg_listener_close(&listener);
    return code;
}

static int run_planned(hg_cell_plan *cell, const hg_soak_options *given, hg_run *run)
{
    hg_soak *soak = calloc(1, sizeof *soak);
    if (!soak)
        return hg_complain("out of memory");
    const hg_soak_plan plan = {
        .cell = cell,
        .seconds = given->seconds,
        .ops_per_hour = choose_rate(given, cell),
        .sample_seconds = given->sample_seconds,
        .patience_seconds = cell->time_limit_seconds,
    };
    int code = HG_EXIT_USAGE;
    if (!hg_soak_init(&plan, run, soak))
        hg_complain("out of memory");
    else
        code = given->serve ? serve_and_measure(soak, given) : measure(soak, given, NULL, NULL);
    hg_soak_free(soak);
    free(soak);
    return code;
}

static int describe_and_run(hg_plans *plans, const char *suite_name, const hg_soak_options *given)
{
    char message[HG_MESSAGE + 128];
    hg_cell_plan *cell = &plans->plans[0];
    int guarded = hg_guardian_start();
    if (guarded < 0)
        return hg_complain("cannot start a process: %s", strerror(-guarded));
    if (!hg_can_launch() || (given->common.out && !hg_output_prepare(given->common.out)))
        return HG_EXIT_USAGE;
    if (!hg_describe(cell, &cell->description, message, sizeof message))
        return hg_complain("%s", message);
    set_limits(given, cell);
    hg_run *run = hg_run_new();
    int code = HG_EXIT_USAGE;
    if (run && hg_label_run(run, suite_name, &given->common)) {
        cell->reproduce = run->command;
        code = run_planned(cell, given, run);
    } else {
        hg_complain("out of memory");
    }
    hg_run_free(run);
    return code;
}

static int run_soak(int argc, char **argv)
{
    hg_soak_options given;
    hg_plans plans = {0};
    hg_soak_options_parse(argc, argv, &given);
    if (given.resume)
        return hg_soak_resume(given.resume, &given.common);
    hg_suite *suite = given.plugin ? NULL : hg_choose_suite(given.config);
    int code = (suite || given.plugin) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS)
        code = plan_cell(suite, &given, &plans);
    if (code == HG_EXIT_PASS)
        code = describe_and_run(&plans, suite ? suite->name : given.plugin, &given);
    hg_plans_free(&plans);
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_soak = {"soak", "run one cell in real time, for hours or days", run_soak};
