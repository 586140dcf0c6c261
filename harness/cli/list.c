#include "cli/command.h"
#include "cli/plans.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char doc[] = "List the workloads, subjects and allocators of a suite.";

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "The suite's YAML file", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **config = state->input;
    switch (key) {
    case 'c':
        *config = argument;
        return 0;
    case ARGP_KEY_ARG:
        exit(hg_complain("list takes no argument '%s'", argument));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_suite(const hg_suite *suite)
{
    printf("suite %s (%s)\n\nworkloads\n", suite->name, suite->file[0] ? suite->file : "built in");
    for (size_t i = 0; i < suite->workload_count; i++) {
        const hg_suite_workload *workload = &suite->workloads[i];
        printf("  %-22s", workload->name);
        for (size_t p = 0; p < workload->plugin_count; p++)
            printf("%s %s", p > 0 ? "," : "", workload->plugins[p].path);
        puts(workload->only_by_name ? ", only with --workload" : "");
    }
    puts("\nsubjects");
    for (size_t i = 0; i < suite->subject_count; i++)
        printf("  %-22s %s, expected: %s\n", suite->subjects[i].name,
               suite->subjects[i].library_path[0] ? suite->subjects[i].library_path
                                                  : "the library that the plug-in is linked with",
               hg_expect_name(suite->subjects[i].expect));
    puts("\nallocators");
    for (const hg_allocator *known = hg_allocators(); known->name; known++) {
        char path[PATH_MAX];
        bool in_suite = false;
        for (size_t i = 0; i < suite->allocator_count; i++)
            in_suite |= hg_allocator_find(suite->allocators[i]) == known;
        bool installed = hg_allocator_path(known, path, sizeof path);
        printf("  %-22s %s%s%s%s\n", known->name, in_suite ? "in the suite" : "not in the suite",
               installed ? "" : ", not installed (package ", installed ? "" : known->package,
               installed ? "" : ")");
    }
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .doc = doc};
    const char *config = NULL;
    hg_parse(&argp, argc, argv, &config);
    hg_suite *suite = hg_choose_suite(config);
    if (!suite)
        return HG_EXIT_USAGE;
    print_suite(suite);
    hg_suite_free(suite);
    return HG_EXIT_PASS;
}

const hg_command hg_command_list = {"list", "list workloads, subjects and allocators", run};
