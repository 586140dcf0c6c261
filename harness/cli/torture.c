#include "cli/command.h"
#include "cli/execute.h"
#include "cli/known_leaks.h"
#include "cli/nearest.h"
#include "cli/output.h"
#include "cli/torture_cell.h"
#include "cli/torture_gdb.h"
#include "process/process.h"
#include "record/torture_area.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Make each allocation of a workload, or each call that opens a file, maps memory or starts a thread, "
    "fail "
    "once, by its call path, and tell what "
    "does not survive it: leaks, crashes, hangs, "
    "files left open, and a library that stays broken.\v"
    "WORKLOAD is the path of a plug-in or of a libFuzzer target, or a workload of the "
    "suite. The ops run once to find every distinct call path that allocates. "
    "With --fail, other calls are made to fail as well, or instead: mmap with ENOMEM, pthread_create with "
    "EAGAIN, and those that make descriptors (open, socket, pipe and their kin) with EMFILE. "
    "Then each path fails in a process of its own, clean ops and the teardown follow, "
    "and what is left is compared with the same ops without the fault. "
    "Exit codes: 0 no findings; 1 findings; 2 usage; 4 the ops do not run cleanly without any fault.";

enum {
    OPTION_MODE = 256,
    OPTION_FAIL,
    OPTION_EVERY,
    OPTION_DEPTH,
    OPTION_ONLY,
    OPTION_CLEAN,
    OPTION_LIMIT,
    OPTION_FAULT,
    OPTION_GDB,
    OPTION_SHARD,
}; /* no short form */

static const struct argp_option options[] = {
    {"mode", OPTION_MODE, "MODE", 0,
     "What fails: one call, all like it from then on until the op ends, or each way in turn (the default): "
     "once, from-then-on or both",
     0},
    {"fail", OPTION_FAIL, "LIST", 0,
     "The calls that fail, with commas between them (default: memory, which is malloc, calloc, realloc and "
     "new): memory, malloc, calloc, realloc, new, mmap, open, socket, pipe, pthread_create or all",
     0},
    {"path-depth", OPTION_DEPTH, "D", 0,
     "Tell call paths apart by so many inner frames (default: by the whole stack)", 0},
    {"every-call", OPTION_EVERY, NULL, 0,
     "Make every single call of every op fail, not only the first and the last one of each call path: many "
     "more faults",
     0},
    {"only", OPTION_ONLY, "MODULE", 0,
     "Only calls that this library or plug-in makes, by its file name; may be repeated (default: all "
     "but the C library and its like)",
     0},
    {"clean-ops", OPTION_CLEAN, "N", 0, "Ops without a fault that follow each fault (default 20)", 0},
    {"limit", OPTION_LIMIT, "TIME", 0, "Time for a fault and what follows it (default 10s)", 0},
    {"fault", OPTION_FAULT, "ID", 0, "Only this fault", 0},
    {"gdb", OPTION_GDB, NULL, 0, "Stop in gdb at the call that fails, with --fault ID", 0},
    {"shard", OPTION_SHARD, "I/N", 0, "Only every Nth fault point, from the Ith on", 0},
    {"config", 'c', "FILE", 0, "The suite's YAML file", 0},
    {"subject", 'S', "NAME", 0, "The subject (default: each of the suite's)", 0},
    {"allocator", 'a', "NAME", 0, "Allocator (default: glibc)", 0},
    {"ops", 'n', "N", 0,
     "Operations in which paths are looked for (default: the plug-in's own number, 100 at most; each input "
     "of a corpus once)",
     0},
    {"seed", 's', "N", 0, "Seed of the workload's random choices (default 1)", 0},
    {"corpus", 'C', "PATH", 0, "Real inputs for workloads that take them", 0},
    {"out", 'o', "DIR", 0, "Write run.json and the reports to this folder", 0},
    {"jobs", 'j', "N", 0, "Faults to run at the same time (default: one per processor)", 0},
    HG_OPTIONS_SYSROOT,
    {"quiet", 'q', NULL, 0, "Print only the outcome", 0},
    {"verbose", 'v', NULL, 0, "Print longer call paths, and every loss", 0},
    {0},
};

typedef struct arguments {
    hg_options common; /* ops stays 0: they are those of the learning run */
    const char *workload, *config;
    hg_names subjects, only;
    hg_torture_plan plan;
} arguments;

static void parse_mode(const char *text, arguments *target)
{
    bool both = strcmp(text, "both") == 0;
    target->plan.once = both || strcmp(text, "once") == 0;
    target->plan.from_then_on = both || strcmp(text, "from-then-on") == 0;
    if (!target->plan.once && !target->plan.from_then_on)
        exit(hg_complain("--mode: expected once, from-then-on or both, got '%s'", text));
}

static void parse_fail(const char *list, hg_torture_plan *plan)
{
    const char *word;
    hg_nearest search = {0};
    if (hg_calls_parse(list, &plan->calls, &word, &search.length))
        return;
    search.typed = word;
    for (size_t i = 0; hg_calls_word(i); i++)
        hg_nearest_consider(&search, hg_calls_word(i));
    exit(hg_complain("--fail: unknown call '%.*s'; %s%s%sheapgate torture --help lists the calls",
                     (int)search.length, word, search.name ? "did you mean " : "",
                     search.name ? search.name : "", search.name ? "? " : ""));
}

static void parse_shard(const char *text, hg_torture_plan *plan)
{
    char *end;
    char *slash;
    unsigned long shard = strtoul(text, &slash, 10);
    unsigned long shards = *slash == '/' ? strtoul(slash + 1, &end, 10) : 0;
    if (*slash != '/' || *end != '\0' || shard < 1 || shard > shards || shards > HG_MOST_SHARDS)
        exit(hg_complain("--shard: expected I/N, such as 1/4, got '%s'", text));
    plan->shard = (uint32_t)shard;
    plan->shards = (uint32_t)shards;
}

static void add_name(const char *option, hg_names *names, const char *name)
{
    if (!hg_names_add(names, name))
        exit(hg_complain("%s is given too many times", option));
}

static error_t parse_own(int key, char *argument, arguments *target)
{
    hg_torture_plan *plan = &target->plan;
    switch (key) {
    case OPTION_MODE:
        parse_mode(argument, target);
        return 0;
    case OPTION_FAIL:
        parse_fail(argument, plan);
        return 0;
    case OPTION_EVERY:
        plan->every_call = true;
        return 0;
    case OPTION_DEPTH:
        plan->depth = (uint32_t)hg_parse_number("--path-depth", argument, 1, HG_MAX_DEPTH);
        return 0;
    case OPTION_ONLY:
        add_name("--only", &target->only, argument);
        return 0;
    case OPTION_CLEAN:
        plan->clean_ops = (uint32_t)hg_parse_number("--clean-ops", argument, 0, HG_TORTURE_MOST_CLEAN);
        return 0;
    case OPTION_LIMIT:
        plan->limit_seconds =
            hg_parse_time("--limit", argument, 0.01, 86400, "a duration such as 500ms or 10s");
        return 0;
    case OPTION_FAULT:
        plan->fault = argument;
        return 0;
    case OPTION_GDB:
        plan->debug = hg_gdb_start;
        return 0;
    case OPTION_SHARD:
        parse_shard(argument, plan);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    if (parse_own(key, argument, target) == 0)
        return 0;
    switch (key) {
    case 'c':
        target->config = argument;
        return 0;
    case 'S':
        add_name("--subject", &target->subjects, argument);
        return 0;
    case 'n':
        target->plan.ops = hg_parse_number("--ops", argument, 1, HG_MOST_OPS);
        return 0;
    case ARGP_KEY_ARG:
        if (target->workload)
            exit(hg_complain("torture takes one workload; '%s' is one too many", argument));
        target->workload = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("torture needs a workload: heapgate torture PLUGIN.so"));
    default:
        return hg_options_parse(key, argument, &target->common);
    }
}

static bool is_path(const char *workload)
{
    size_t length = strlen(workload);
    return strchr(workload, '/') || (length > 3 && strcmp(workload + length - 3, ".so") == 0);
}

static int plan_plugin(arguments *given, hg_plans *plans)
{
    const hg_build build = {.subject = "main", .expect = HG_EXPECT_CLEAN};
    if (given->subjects.count > 0)
        return hg_complain("--subject chooses from a suite, but %s is a plug-in", given->workload);
    return hg_plan_plugin(given->workload, &build, 1, &given->common, plans);
}

static int plan_workload(const arguments *given, const hg_suite *suite, hg_plans *plans)
{
    hg_selection selection = {.subjects = given->subjects};
    hg_names_add(&selection.workloads, given->workload);
    return hg_plan_suite(suite, &selection, &given->common, plans);
}

static bool torture(const arguments *given, const hg_cell_plan *cell, hg_run *run)
{
    hg_torture_plan plan = given->plan;
    plan.only = given->only.names;
    plan.only_count = given->only.count;
    const hg_torture_words words = {.workload = given->workload,
                                    .config = given->config,
                                    .subject = is_path(given->workload) ? NULL : cell->subject};
    return hg_torture_cell(cell, &plan, &words, &given->common, run);
}

/* A debugger has shown the fault, or could not: the run has nothing more to say. */
static int conclude_debugging(const hg_run *run)
{
    const hg_torture_pass *pass = run->torture.pass_count > 0 ? &run->torture.passes[0] : NULL;
    if (pass && pass->message[0] == '\0')
        return HG_EXIT_PASS;
    hg_complain("%s", pass ? pass->message : "the workload does not run here");
    return HG_EXIT_FAILED;
}

/* suite: NULL for a plug-in, which has no baseline. */
static int conclude(const arguments *given, const hg_suite *suite, hg_run *run)
{
    hg_known_leaks known = {0};
    if (!suite)
        return hg_conclude(run, &given->common);
    int code = HG_EXIT_USAGE;
    if (hg_known_load(suite, suite->baseline[0], &known)) {
        known.is_part = true;
        code = hg_known_conclude(&known, run, &given->common);
    }
    hg_known_free(&known);
    return code;
}

static int torture_all(const arguments *given, const hg_suite *suite, hg_plans *plans)
{
    hg_run *run = NULL;
    int code = hg_measure_begin(plans, given->workload, &given->common, &run);
    if (!run)
        return code;
    double started = hg_process_now();
    bool done = true;
    size_t cells = given->plan.debug && plans->count > 1 ? 1 : plans->count;
    for (size_t i = 0; i < cells && done && !hg_interrupted; i++)
        done = torture(given, &plans->plans[i], run);
    run->duration_seconds = hg_process_now() - started;
    if (done && given->plan.debug)
        code = conclude_debugging(run);
    else
        code = done ? conclude(given, suite, run) : HG_EXIT_USAGE;
    hg_run_free(run);
    return hg_interrupted ? HG_EXIT_INTERRUPTED : code;
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "WORKLOAD", .doc = doc};
    arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv),
                       .plan = {.once = true,
                                .from_then_on = true,
                                .calls = HG_CALLS_MEMORY,
                                .clean_ops = HG_TORTURE_CLEAN_OPS,
                                .limit_seconds = HG_TORTURE_SECONDS}};
    hg_plans plans = {0};
    hg_suite *suite = NULL;
    hg_parse(&argp, argc, argv, &given);
    if (given.plan.every_call && (given.plan.depth > 0 || given.only.count > 0))
        return hg_complain("--path-depth and --only choose call paths; with --every-call there are none");
    if (given.plan.debug && !given.plan.fault)
        return hg_complain("--gdb needs --fault ID: each finding says its own");
    if (given.plan.debug && !hg_gdb_is_there())
        return HG_EXIT_USAGE;
    if (given.plan.debug && given.plan.once)
        given.plan.from_then_on = false;
    if (given.common.allocators.count == 0)
        hg_names_add(&given.common.allocators, "glibc");
    int code;
    if (is_path(given.workload)) {
        code = plan_plugin(&given, &plans);
    } else {
        suite = hg_choose_suite(given.config);
        code = suite ? plan_workload(&given, suite, &plans) : HG_EXIT_USAGE;
    }
    if (code == HG_EXIT_PASS)
        code = torture_all(&given, suite, &plans);
    hg_plans_free(&plans);
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_torture = {"torture", "make each allocation fail in turn, by its call path", run};
