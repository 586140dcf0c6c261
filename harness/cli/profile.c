#include "analysis/growth.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/output.h"
#include "cli/profile_text.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Run a workload under another profiler, with the same rounds and the same seed, and show what it finds "
    "beside heapgate's verdict.\v"
    "WORKLOAD is a workload of the suite, or the path of a plug-in. The tool runs fewer operations, because "
    "it is slow; heapgate itself measures as it does in heapgate run. The tool's own files stay in the "
    "folder "
    "of --out, and the commands that open them are printed. Exit codes: 0 the profile was made, whatever the "
    "verdict; 2 usage, or the tool is not installed; 4 the tool or the workload failed; 5 heapgate failed "
    "its "
    "own control.";

enum { OPTION_WITH = 256 }; /* no short form */

static const struct argp_option options[] = {
    {"with", OPTION_WITH, "TOOL", 0, "heaptrack, memcheck, massif, dhat or jeprof", 0},
    {"config", 'c', "FILE", 0, "The suite's YAML file", 0},
    {"subject", 'S', "NAME", 0, "The subject (default: the suite's first)", 0},
    {"allocator", 'a', "NAME", 0, "Allocator (default: the suite's first; jemalloc for jeprof)", 0},
    {"ops", 'n', "N", 0, "Measured operations under the tool (default: fewer for a slower tool)", 0},
    {"rounds", 'r', "R", 0, "Rounds that the operations are divided into (default 10)", 0},
    {"seed", 's', "N", 0, "Seed of the workload's random choices (default 1)", 0},
    {"corpus", 'C', "PATH", 0, "Real inputs for workloads that take them", 0},
    {"out", 'o', "DIR", 0, "Folder for the tool's files (default: heapgate-out)", 0},
    {0},
};

typedef struct arguments {
    hg_options common; /* ops stays 0: they are the tool's */
    const hg_tool *tool;
    const char *config, *subject, *allocator, *workload, *out;
    uint64_t ops;
} arguments;

static const hg_tool *find_tool(const char *name)
{
    const hg_tool *tool = hg_tool_find(name);
    char path[PATH_MAX];
    if (!tool)
        exit(hg_complain("--with: unknown tool '%s'; known are heaptrack, memcheck, massif, dhat and jeprof",
                         name));
    if (!hg_tool_path(tool->program, path, sizeof path))
        exit(hg_complain("--with %s: %s is not in PATH; install the Debian package %s", name, tool->program,
                         tool->package));
    return tool;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case OPTION_WITH:
        target->tool = find_tool(argument);
        return 0;
    case 'c':
        target->config = argument;
        return 0;
    case 'S':
        target->subject = argument;
        return 0;
    case 'a':
        target->allocator = hg_parse_allocator(argument)->name;
        return 0;
    case 'n':
        target->ops = hg_parse_number("--ops", argument, 1, HG_MOST_OPS);
        return 0;
    case 'o':
        target->out = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (target->workload)
            exit(hg_complain("profile takes one workload; '%s' is one too many", argument));
        target->workload = argument;
        return 0;
    case ARGP_KEY_END:
        if (!target->tool)
            exit(hg_complain("profile needs a tool: --with heaptrack, memcheck, massif, dhat or jeprof"));
        if (!target->workload)
            exit(hg_complain("profile needs a workload: heapgate profile --with %s WORKLOAD; heapgate list "
                             "shows the workloads",
                             target->tool->name));
        return 0;
    default:
        return hg_options_parse(key, argument, &target->common);
    }
}

static bool is_path(const char *workload)
{
    size_t length = strlen(workload);
    return strchr(workload, '/') || (length > 3 && strcmp(workload + length - 3, ".so") == 0);
}

/* The one allocator of this profile; NULL after complaining. */
static const char *choose_allocator(const arguments *given, const char *usual)
{
    const char *only = given->tool->allocator;
    if (only && given->allocator && strcmp(only, given->allocator) != 0) {
        hg_complain("--with %s works only on %s, not on %s", given->tool->name, only, given->allocator);
        return NULL;
    }
    return only ? only : given->allocator ? given->allocator : usual;
}

static int plan_plugin(arguments *given, hg_plans *plans)
{
    const hg_build build = {.subject = "main", .expect = HG_EXPECT_CLEAN};
    const char *allocator = choose_allocator(given, "glibc");
    if (!allocator)
        return HG_EXIT_USAGE;
    if (given->subject)
        return hg_complain("--subject chooses from a suite, but %s is a plug-in", given->workload);
    hg_names_add(&given->common.allocators, allocator);
    return hg_plan_plugin(given->workload, &build, 1, &given->common, plans);
}

static int plan_workload(arguments *given, const hg_suite *suite, hg_plans *plans)
{
    hg_selection selection = {0};
    const char *allocator = choose_allocator(given, suite->allocators[0]);
    if (!allocator)
        return HG_EXIT_USAGE;
    hg_names_add(&given->common.allocators, allocator);
    hg_names_add(&selection.workloads, given->workload);
    hg_names_add(&selection.subjects, given->subject ? given->subject : suite->subjects[0].name);
    return hg_plan_suite(suite, &selection, &given->common, plans);
}

/* Waits for the tool; NULL after complaining. */
static hg_profile_run *run_tool(const arguments *given, const hg_cell_plan *plan)
{
    hg_profile_run *run = hg_profile_start(given->tool, plan, given->ops, given->out);
    if (!run) {
        hg_complain("out of memory");
        return NULL;
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Krunning %s", given->tool->name);
    while (hg_profile_poll(run)->state == HG_PROFILE_RUNNING && !hg_interrupted) {
        int fds[2];
        hg_profile_descriptors(run, fds);
        struct pollfd watched[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
        poll(watched, 2, 50);
    }
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return run;
}

static int exit_code_of(const hg_cell *cell)
{
    if (cell->verdict != HG_VERDICT_FAILED)
        return HG_EXIT_PASS;
    return cell->blind ? HG_EXIT_BLIND : HG_EXIT_FAILED;
}

static int profile(const arguments *given, const hg_cell_plan *plan, const hg_cell *cell)
{
    hg_profile_run *run = run_tool(given, plan);
    if (!run)
        return HG_EXIT_USAGE;
    const hg_profile *made = hg_profile_poll(run);
    const hg_profile_report report = {
        .profile = made, .cell = cell, .folder = given->out, .runner = plan->runner};
    int code = exit_code_of(cell);
    if (made->state == HG_PROFILE_RUNNING) {
        hg_complain("interrupted while %s ran", given->tool->name);
        code = HG_EXIT_INTERRUPTED;
    } else if (made->state == HG_PROFILE_FAILED) {
        hg_complain("%s", made->message);
        code = HG_EXIT_FAILED;
    } else {
        hg_profile_print(&report);
    }
    hg_profile_free(run);
    return code;
}

static int measure_and_profile(const arguments *given, hg_plans *plans)
{
    hg_run *run = NULL;
    int code = hg_measure(plans, given->workload, &given->common, &run);
    if (code == HG_EXIT_PASS)
        code = profile(given, &plans->plans[0], &run->cells[0]);
    hg_run_free(run);
    return code;
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "WORKLOAD", .doc = doc};
    arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv), .out = "heapgate-out"};
    hg_plans plans = {0};
    hg_suite *suite = NULL;
    hg_parse(&argp, argc, argv, &given);
    given.common.quiet = true;
    int code = hg_output_prepare(given.out) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS && is_path(given.workload)) {
        code = plan_plugin(&given, &plans);
    } else if (code == HG_EXIT_PASS) {
        suite = hg_choose_suite(given.config);
        code = suite ? plan_workload(&given, suite, &plans) : HG_EXIT_USAGE;
    }
    if (code == HG_EXIT_PASS)
        code = measure_and_profile(&given, &plans);
    hg_plans_free(&plans);
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_profile = {
    "profile", "run a workload under heaptrack, valgrind or jeprof, beside heapgate", run};
