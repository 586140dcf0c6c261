#include "cli/command.h"
#include "cli/coverage_sites.h"
#include "cli/execute.h"
#include "cli/torture_cell.h"
#include <stdlib.h>

static const char doc[] =
    "Tell which allocation sites of a library the workloads tried, and which not: every call of its code "
    "that "
    "allocates, by function, file and line.\v"
    "Without PLUGIN.so, all workloads of the suite run, once each; no verdict is asked of them. A site is a "
    "line of source. Build the library with -g; without lines, a site is a function. With --since and "
    "--min-tried it is a gate: exit code 1 if a new line allocates and was not tried, or too few sites were, "
    "and 4 if a workload did not run.";

enum { OPTION_TORTURE = 700 }; /* no short form */

static const struct argp_option options[] = {
    {"torture", OPTION_TORTURE, NULL, 0,
     "Also make each allocation fail in turn, and tell which sites only the error paths reach; of a suite, "
     "in the workloads for which it says torture",
     0},
    {0},
};

typedef struct arguments {
    hg_suite_arguments suite;
    hg_coverage_wish wish;
    const char *plugin; /* NULL: none */
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->wish;
        state->child_inputs[1] = &target->suite;
        return 0;
    case OPTION_TORTURE:
        target->suite.torture = true;
        return 0;
    case ARGP_KEY_ARG:
        if (target->plugin)
            exit(hg_complain("coverage takes one plug-in; '%s' is one too many", argument));
        target->plugin = argument;
        return 0;
    case ARGP_KEY_END:
        if (target->suite.selection.shards > 0)
            exit(hg_complain("coverage has no --shard; heapgate run --coverage has"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Of cells that ran, the run says what they tried and nothing else. */
static void drop_verdicts(hg_run *run)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->cell_count; i++) {
        if (run->cells[i].verdict == HG_VERDICT_FAILED)
            run->cells[kept++] = run->cells[i];
        else
            hg_cell_clear(&run->cells[i]);
    }
    run->cell_count = kept;
}

/* What faults did to the subject is nothing that was asked; that one could not be made is. */
static bool drop_faults(hg_run *run)
{
    bool done = true;
    for (size_t i = 0; i < run->torture.pass_count && done && !run->tried.message[0]; i++)
        if (run->torture.passes[i].message[0])
            done = hg_cell_say(&run->tried.message, "the torture of %s is not complete: %s",
                               run->torture.passes[i].workload, run->torture.passes[i].message);
    hg_torture_clear(&run->torture);
    return done || hg_refuse("out of memory");
}

static int plan(const arguments *given, const hg_suite *suite, hg_plans *plans)
{
    const hg_build build = {.subject = "main", .expect = HG_EXPECT_CLEAN};
    if (suite)
        return hg_plan_suite(suite, &given->suite.selection, &given->suite.common, plans);
    if (given->suite.config || given->suite.selection.workloads.count > 0 ||
        given->suite.selection.subjects.count > 0)
        return hg_complain("--config, --workload and --subject choose from a suite, but %s is a plug-in",
                           given->plugin);
    return hg_plan_plugin(given->plugin, &build, 1, &given->suite.common, plans);
}

static int measure(const arguments *given, const hg_suite *suite)
{
    hg_plans plans = {0};
    hg_reached reached = {0};
    hg_run *run = NULL;
    int code = plan(given, suite, &plans);
    if (code == HG_EXIT_PASS)
        code = hg_coverage_watch(&plans, &reached);
    if (code == HG_EXIT_PASS)
        code = hg_measure(&plans, suite ? suite->name : given->plugin, &given->suite.common, &run);
    if (code == HG_EXIT_PASS)
        drop_verdicts(run);
    if (code == HG_EXIT_PASS && given->suite.torture)
        code = hg_torture_cells(suite, &plans, &given->suite.common, run);
    if (code == HG_EXIT_PASS)
        code = hg_coverage_conclude(&given->wish, &reached, run);
    if (code == HG_EXIT_PASS && !drop_faults(run))
        code = HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS)
        code = hg_conclude(run, &given->suite.common);
    hg_run_free(run);
    hg_reached_clear(&reached);
    hg_plans_free(&plans);
    return code;
}

static int run(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_coverage_argp, 0, NULL, 0}, {&hg_suite_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "[PLUGIN.so]", .doc = doc, .children = children};
    arguments given = {.suite.common = HG_OPTIONS_DEFAULT(argc, argv)};
    hg_parse(&argp, argc, argv, &given);
    given.suite.common.quick = true;
    given.suite.common.unjudged = true;
    given.suite.common.holders = HG_HOLDERS_NEVER;
    hg_suite *suite = given.plugin ? NULL : hg_choose_suite(given.suite.config);
    int code = given.plugin || suite ? measure(&given, suite) : HG_EXIT_USAGE;
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_coverage = {"coverage", "tell which allocation sites the workloads tried", run};
