#include "cli/command.h"
#include "cli/known_leaks.h"
#include "cli/suite_review.h"
#include "cli/torture_cell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char doc[] =
    "Run a suite: every workload against every subject on every allocator.\v"
    "Without -c the suite is heapgate.yaml in the current folder or, if there is no such file, the Toka "
    "suite "
    "that comes with heapgate. --workload, --subject and --allocator select cells by name; each may be "
    "repeated.";

enum { OPTION_SHARD_TIMES = 512 }; /* no short form; options.c has its own from 256 */

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "The suite's YAML file", 0},
    {"workload", 'w', "NAME", 0, "Only this workload; may be repeated", 0},
    {"subject", 'S', "NAME", 0, "Only this subject; may be repeated", 0},
    {"shard", 'i', "I/N", 0, "Run only shard I of N shards of the suite; heapgate merge joins the runs", 0},
    {"shard-times", OPTION_SHARD_TIMES, "RUN", 0,
     "Balance the shards by the time that each cell took in this earlier run; give all shards the same run",
     0},
    {0},
};

static void parse_shard(char *text, hg_selection *selection)
{
    char *slash = strchr(text, '/');
    char *end = NULL;
    unsigned long shard = slash ? strtoul(text, &end, 10) : 0;
    bool first = end == slash;
    unsigned long shards = slash ? strtoul(slash + 1, &end, 10) : 0;
    if (!first || !end || *end != '\0' || shard == 0 || shards == 0 || shard > shards ||
        shards > HG_MOST_SHARDS)
        exit(hg_complain("--shard: expected I/N with I from 1 to N, such as 2/4, got '%s'", text));
    selection->shard = (uint32_t)shard;
    selection->shards = (uint32_t)shards;
}

static error_t parse_selection(int key, char *argument, struct argp_state *state)
{
    hg_suite_arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->common;
        return 0;
    case 'c':
        target->config = argument;
        return 0;
    case 'w':
    case 'S':
        if (!hg_names_add(key == 'w' ? &target->selection.workloads : &target->selection.subjects, argument))
            exit(hg_complain("--%s is given too many times", key == 'w' ? "workload" : "subject"));
        return 0;
    case 'i':
        parse_shard(argument, &target->selection);
        return 0;
    case OPTION_SHARD_TIMES:
        target->selection.times = argument;
        return 0;
    case ARGP_KEY_END:
        if (target->selection.times && target->selection.shards == 0)
            exit(hg_complain("--shard-times is only for --shard I/N"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child selection_children[] = {{&hg_options_argp, 0, NULL, 0}, {0}};

const struct argp hg_suite_argp = {
    .options = options, .parser = parse_selection, .children = selection_children};

enum { OPTION_CROSS_CHECK = 512, OPTION_TORTURE, OPTION_COVERAGE }; /* no short form */

static const struct argp_option run_options[] = {
    {"cross-check", OPTION_CROSS_CHECK, "memcheck", 0,
     "Also run every workload under valgrind's memcheck, with few ops, and report whether it agrees", 0},
    {"torture", OPTION_TORTURE, NULL, 0,
     "Also make each allocation fail in turn, as heapgate torture does, in the workloads for which the suite "
     "says torture",
     0},
    {"coverage", OPTION_COVERAGE, NULL, 0,
     "Also tell which allocation sites were tried, as heapgate coverage does", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    hg_suite_arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->coverage;
        state->child_inputs[1] = state->input;
        return 0;
    case OPTION_COVERAGE:
        target->coverage.wanted = true;
        return 0;
    case OPTION_CROSS_CHECK:
        if (!hg_cross_check_prepare(argument))
            exit(HG_EXIT_USAGE);
        target->cross_check = argument;
        return 0;
    case OPTION_TORTURE:
        target->torture = true;
        return 0;
    case ARGP_KEY_ARG:
        exit(hg_complain(
            "run takes no argument '%s'; select workloads with --workload NAME, a suite's file with "
            "--config FILE",
            argument));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int hg_measure_suite(const hg_suite *suite, const hg_suite_arguments *given, hg_run **ret_run)
{
    hg_plans plans = {0};
    hg_reached reached = {0};
    hg_options common = given->common;
    if (!common.holders_given && suite->holders[0])
        (void)hg_holders_mode_of(suite->holders, &common.holders);
    int code = hg_plan_suite(suite, &given->selection, &common, &plans);
    if (code == HG_EXIT_PASS && given->coverage.wanted)
        code = hg_coverage_watch(&plans, &reached);
    if (code == HG_EXIT_PASS)
        code = hg_measure(&plans, suite->name, &common, ret_run);
    if (code == HG_EXIT_PASS && given->cross_check)
        code = hg_cross_check_run(&plans, &given->common, *ret_run);
    if (code == HG_EXIT_PASS && given->torture)
        code = hg_torture_cells(suite, &plans, &given->common, *ret_run);
    if (code == HG_EXIT_PASS && given->coverage.wanted)
        code = hg_coverage_conclude(&given->coverage, &reached, *ret_run);
    hg_reached_clear(&reached);
    size_t unused;
    if (code == HG_EXIT_PASS && !given->reviews_itself &&
        !hg_review_suite(suite, hg_undeclared_leaks_of(suite), *ret_run, &unused))
        code = HG_EXIT_USAGE;
    hg_plans_free(&plans);
    return code;
}

static int measure_and_conclude(const hg_suite *suite, const hg_suite_arguments *given,
                                const hg_known_leaks *known)
{
    hg_run *run = NULL;
    int code = hg_measure_suite(suite, given, &run);
    if (run) {
        int concluded = hg_known_conclude(known, run, &given->common);
        code = code == HG_EXIT_PASS || concluded == HG_EXIT_USAGE ? concluded : code;
    }
    hg_run_free(run);
    return code;
}

static int run(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_coverage_argp, 0, NULL, 0}, {&hg_suite_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {.options = run_options, .parser = parse, .doc = doc, .children = children};
    hg_suite_arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv)};
    hg_known_leaks known = {0};
    given.common.speed = true;
    hg_parse(&argp, argc, argv, &given);
    hg_suite *suite = hg_choose_suite(given.config);
    int code = suite && hg_known_load(suite, suite->baseline[0], &known) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS)
        code = measure_and_conclude(suite, &given, &known);
    hg_known_free(&known);
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_run = {"run", "run a suite of workloads (default: the Toka suite)", run};
