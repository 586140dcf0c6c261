#include "cli/command.h"
#include "cli/execute.h"
#include <stdlib.h>

static const char doc[] =
    "Check one workload plug-in: a shared object that exports heapgate_iterate, or a libFuzzer target, which "
    "exports LLVMFuzzerTestOneInput and is given the files of --corpus in turn.\v"
    "The plug-in is expected not to grow. The library under test is the one that the plug-in is linked with; "
    "LD_LIBRARY_PATH chooses another build of it.";

enum { OPTION_MAX_BYTES = 512 }; /* no short form */

static const struct argp_option options[] = {
    {"max-bytes-per-op", OPTION_MAX_BYTES, "B", 0, "Growth that is allowed, in bytes per op (default 0)", 0},
    {0},
};

typedef struct arguments {
    hg_options common;
    const char *plugin;
    double max_bytes_per_op;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->common;
        return 0;
    case OPTION_MAX_BYTES:
        target->max_bytes_per_op = hg_parse_bytes_per_op("--max-bytes-per-op", argument);
        return 0;
    case ARGP_KEY_ARG:
        if (target->plugin)
            exit(hg_complain("check takes one plug-in; '%s' is one too many", argument));
        target->plugin = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("check needs a plug-in: heapgate check PLUGIN.so"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_options_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PLUGIN.so", .doc = doc, .children = children};
    arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv)};
    hg_parse(&argp, argc, argv, &given);
    const hg_build build = {
        .subject = "main", .expect = HG_EXPECT_CLEAN, .max_bytes_per_op = given.max_bytes_per_op};
    hg_plans plans = {0};
    int code = hg_plan_plugin(given.plugin, &build, 1, &given.common, &plans);
    if (code == HG_EXIT_PASS)
        code = hg_execute(&plans, given.plugin, &given.common);
    hg_plans_free(&plans);
    return code;
}

const hg_command hg_command_check = {"check", "check one workload plug-in or fuzz target for growth", run};
