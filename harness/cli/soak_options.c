#include "cli/soak_options.h"

#include "cli/command.h"
#include "cli/snapshots.h"
#include "suite/node.h"
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Run one cell in real time, for hours or days: ops at a steady rate, live curves, and a verdict over the "
    "whole time at every checkpoint and at the end.\v"
    "The cell is the suite's workload long-run on the subject after, unless --workload and --subject choose "
    "others; or it is PLUGIN.so, as in heapgate check. The declared warm-up comes first, at full speed. "
    "Ctrl-C ends a soak early, and its report is made. Whatever ends heapgate or the workload, DIR has the "
    "results up to the last checkpoint.";

enum {
    OPTION_FOR = 256,
    OPTION_RATE,
    OPTION_MEMORY,
    OPTION_SERVE,
    OPTION_SERVE_TOKEN,
    OPTION_SNAPSHOTS,
    OPTION_RESUME,
    OPTION_SAMPLE,
    OPTION_STOP,
    OPTION_MAX_BYTES
};

static const struct argp_option options[] = {
    {"for", OPTION_FOR, "TIME", 0, "Duration after the warm-up: 90s, 10m, 24h", 0},
    {"config", 'c', "FILE", 0, "The suite's YAML file (default: heapgate.yaml, else the Toka suite)", 0},
    {"workload", 'w', "NAME", 0, "Workload of the suite (default: long-run, or the only one)", 0},
    {"subject", 'S', "NAME", 0, "Subject of the suite (default: after, or the only one)", 0},
    {"allocator", 'a', "NAME", 0, "Allocator under the probe (default: the suite's first, else glibc)", 0},
    {"seed", 's', "N", 0, "Seed of the workload's random choices (default 1)", 0},
    {"corpus", 'C', "PATH", 0, "Real inputs for workloads that take them", 0},
    {"rate", OPTION_RATE, "N", 0,
     "Ops per hour, or max for full speed (default: 60 times the workload's rate_per_hour, which is a minute "
     "of production per second, or 36000 if none is declared)",
     0},
    {"memory", OPTION_MEMORY, "SIZE", 0,
     "Resident memory at which the workload is stopped, such as 2GiB (default: the suite's limit, but at "
     "most "
     "80 % of the available memory)",
     0},
    {"max-bytes-per-op", OPTION_MAX_BYTES, "B", 0,
     "Growth that is allowed, in bytes per op (default: as in the suite)", 0},
    {"stop-on-leak", OPTION_STOP, NULL, 0,
     "End the soak when a leak is certain; without it, the soak goes on after the alert", 0},
    {"sample-every", OPTION_SAMPLE, "TIME", 0, "Time between samples of the curves (default 1s)", 0},
    {"serve", OPTION_SERVE, "ADDRESS", 0,
     "Show the curves at 127.0.0.1:PORT or unix:PATH, figures for Prometheus at /metrics, and profiles at "
     "/debug/pprof; PORT 0 is any free port",
     0},
    {"serve-token", OPTION_SERVE_TOKEN, "TOKEN", 0,
     "Answer only clients that know this token, or that of the first line of @FILE; needed to serve at an "
     "address that other machines reach",
     0},
    HG_OPTION_SNAPSHOTS(OPTION_SNAPSHOTS),
    {"out", 'o', "DIR", 0,
     "Write every sample to soak.samples, run.json at every checkpoint, and all reports at the end", 0},
    {"resume", OPTION_RESUME, "DIR", 0,
     "Make the reports of a soak that was cut short, and say when it ended", 0},
    HG_OPTIONS_SYSROOT,
    {"quiet", 'q', NULL, 0, "Print only the outcome and alerts", 0},
    {"verbose", 'v', NULL, 0, "Print every site, and the reason of each verdict", 0},
    {0},
};

static double parse_time(const char *option, const char *text)
{
    return hg_parse_time(option, text, 0, 1e9, "a duration such as 90s, 10m or 24h");
}

static void parse_rate(const char *text, hg_soak_options *target)
{
    target->full_speed = strcmp(text, "max") == 0;
    if (!target->full_speed)
        target->rate_per_hour =
            hg_parse_real("--rate", text, 0.001, 1e12, "a number of ops per hour, or 'max'");
}

static void parse_name(const char *option, hg_names *names, const char *name)
{
    if (names->count > 0)
        exit(hg_complain("%s: a soak runs one cell; give only one", option));
    hg_names_add(names, name);
}

static void check(const hg_soak_options *given)
{
    bool chosen = given->workloads.count + given->subjects.count > 0 || given->config;
    if (given->plugin && chosen)
        exit(hg_complain("with a plug-in, leave out -c, --workload and --subject: they choose from a suite"));
    if (given->token[0] && !given->serve)
        exit(hg_complain("--serve-token goes with --serve"));
    if (!given->resume && given->seconds == 0)
        exit(hg_complain("soak needs a duration: heapgate soak --for 24h"));
    if (given->resume && (given->seconds > 0 || given->plugin || given->common.out || given->serve || chosen))
        exit(
            hg_complain("--resume makes the reports of a soak that has ended; no other option goes with it"));
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    hg_soak_options *target = state->input;
    switch (key) {
    case OPTION_SERVE:
        target->serve = argument;
        return 0;
    case OPTION_SERVE_TOKEN:
        hg_parse_serve_token(argument, target->token);
        return 0;
    case OPTION_SNAPSHOTS:
        target->snapshots = hg_parse_snapshots(argument);
        return 0;
    case OPTION_RESUME:
        target->resume = argument;
        return 0;
    case OPTION_STOP:
        target->stop_on_leak = true;
        return 0;
    case 'c':
        target->config = argument;
        return 0;
    case OPTION_FOR:
        target->seconds = parse_time("--for", argument);
        return 0;
    case OPTION_SAMPLE:
        target->sample_seconds = parse_time("--sample-every", argument);
        return 0;
    case OPTION_RATE:
        parse_rate(argument, target);
        return 0;
    case OPTION_MEMORY:
        if (!hg_parse_bytes(argument, &target->memory_bytes))
            exit(hg_complain("--memory: expected a size such as 512MiB or 2GiB, got '%s'", argument));
        return 0;
    case OPTION_MAX_BYTES:
        target->max_bytes_per_op = hg_parse_bytes_per_op("--max-bytes-per-op", argument);
        return 0;
    case 'w':
        parse_name("--workload", &target->workloads, argument);
        return 0;
    case 'S':
        parse_name("--subject", &target->subjects, argument);
        return 0;
    case 'a':
        parse_name("--allocator", &target->common.allocators, hg_parse_allocator(argument)->name);
        return 0;
    case ARGP_KEY_ARG:
        if (target->plugin)
            exit(hg_complain("soak takes one plug-in; '%s' is one too many", argument));
        target->plugin = argument;
        return 0;
    case ARGP_KEY_END:
        check(target);
        return 0;
    default:
        return hg_options_parse(key, argument, &target->common);
    }
}

void hg_soak_options_parse(int argc, char **argv, hg_soak_options *ret_options)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "[PLUGIN.so]", .doc = doc};
    *ret_options = (hg_soak_options){.common = HG_OPTIONS_DEFAULT(argc, argv),
                                     .sample_seconds = 1,
                                     .max_bytes_per_op = -1,
                                     .snapshots = HG_SNAPSHOTS_A_DAY};
    hg_parse(&argp, argc, argv, ret_options);
}
