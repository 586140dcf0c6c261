#include "cli/cli.h"

#include "diff/diff_report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BEFORE = 512, OPTION_AFTER, OPTION_MAX_SLOWDOWN }; /* no short form */

static const char doc[] =
    "Run one workload plug-in against two builds of the library that it is linked with, and compare.\v"
    "DIR is a folder with a build of the library; it is put before all others when the plug-in is loaded. (A "
    "plug-in that was linked with an RPATH to one of the builds would not look there: link it without.)\n\n"
    "The expectation is that the build after is clean. The build before is the reference: whether it leaks "
    "is "
    "shown and not judged.\n\n"
    "Exit codes: 0 after is clean; 1 after leaks, or is slower than --max-slowdown allows; 2 usage; 3 a "
    "build is inconclusive; 4 or 5 a cell of "
    "either "
    "failed.";

static const struct argp_option options[] = {
    {"before", OPTION_BEFORE, "DIR", 0, "Folder of the library before the change", 0},
    {"after", OPTION_AFTER, "DIR", 0, "Folder of the library after it", 0},
    {"max-slowdown", OPTION_MAX_SLOWDOWN, "F", 0,
     "An op may take F times as long after as before, such as 1.2; any, where this is not given", 0},
    {0},
};

typedef struct arguments {
    hg_options common;
    const char *before, *after, *plugin;
    double max_slowdown; /* 0: any */
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->common;
        return 0;
    case OPTION_BEFORE:
        target->before = argument;
        return 0;
    case OPTION_AFTER:
        target->after = argument;
        return 0;
    case OPTION_MAX_SLOWDOWN:
        target->max_slowdown = hg_parse_slowdown("--max-slowdown", argument);
        return 0;
    case ARGP_KEY_ARG:
        if (target->plugin)
            exit(hg_complain("compare takes one plug-in; '%s' is one too many", argument));
        target->plugin = argument;
        return 0;
    case ARGP_KEY_END:
        if (!target->plugin || !target->before || !target->after)
            exit(hg_complain("compare needs two folders and a plug-in: heapgate compare --before DIR --after "
                             "DIR PLUGIN.so"));
        if (target->max_slowdown > 0 && target->common.speed_refused)
            exit(hg_complain("--max-slowdown cannot be judged with --no-speed: leave one of them out"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Two names of one folder would compare a build with itself. */
static bool are_two_folders(const arguments *given)
{
    char *before = realpath(given->before, NULL);
    char *after = realpath(given->after, NULL);
    bool same = before && after && strcmp(before, after) == 0;
    free(before);
    free(after);
    if (same)
        hg_complain("--before and --after are the same folder: %s", given->before);
    return !same;
}

/* The build before is the reference: what it does is what is expected of it. */
static void accept_reference(hg_run *run)
{
    size_t references = 0, clean = 0;
    for (size_t i = 0; i < run->cell_count; i++) {
        hg_cell *cell = &run->cells[i];
        if (strcmp(cell->subject, "before") != 0)
            continue;
        references++;
        clean += cell->verdict == HG_VERDICT_CLEAN;
        if (cell->verdict == HG_VERDICT_CLEAN || cell->verdict == HG_VERDICT_FRAGMENTATION) {
            cell->expect = HG_EXPECT_CLEAN;
            cell->met = true;
        }
    }
    if (references > 0 && clean == references)
        hg_complain("note: the build before is clean, too: there is no leak whose end could be seen");
}

static const hg_diff_names names = {"before", "after"};

static bool write_json(const void *data, FILE *out)
{
    hg_diff_json(data, &names, out);
    return true;
}

static bool write_markdown(const void *data, FILE *out)
{
    return hg_diff_markdown(data, &names, out);
}

/* Prints before -> after; false after complaining. */
static bool show_difference(const hg_run *run, const hg_options *common)
{
    hg_report_options style = hg_output_style(common->verbose);
    hg_diff *diff = hg_diff_new(run, run, names.a, names.b);
    if (!diff) {
        hg_complain("out of memory");
        return false;
    }
    if (!common->quiet) {
        fputc('\n', stdout);
        hg_diff_text(diff, &names, &style, stdout);
    }
    bool written = !common->out || (hg_output_file(common->out, "diff.md", write_markdown, diff) &&
                                    hg_output_file(common->out, "diff.json", write_json, diff));
    hg_diff_free(diff);
    return written;
}

static int measure_and_compare(hg_plans *plans, const arguments *given)
{
    hg_run *run = NULL;
    int code = hg_measure(plans, given->plugin, &given->common, &run);
    if (!run)
        return code;
    accept_reference(run);
    int concluded = hg_conclude(run, &given->common);
    if (code == HG_EXIT_INTERRUPTED)
        hg_complain("interrupted: %zu of %zu cells ended", run->cell_count, plans->count);
    else
        code = show_difference(run, &given->common) ? concluded : HG_EXIT_USAGE;
    hg_run_free(run);
    return code;
}

static int run_compare(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_options_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PLUGIN.so", .doc = doc, .children = children};
    arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv)};
    given.common.speed = true;
    hg_parse(&argp, argc, argv, &given);
    const hg_build builds[] = {
        {.subject = "before", .folder = given.before, .expect = HG_EXPECT_LEAK},
        {.subject = "after",
         .folder = given.after,
         .expect = HG_EXPECT_CLEAN,
         .max_slowdown = given.max_slowdown},
    };
    hg_places places;
    hg_plans plans = {0};
    int code = are_two_folders(&given) && hg_places_find(&places) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS)
        code = hg_plan_plugin(given.plugin, builds, 2, &given.common, &places, &plans);
    if (code == HG_EXIT_PASS)
        code = measure_and_compare(&plans, &given);
    hg_plans_free(&plans);
    return code;
}

const hg_command hg_command_compare = {"compare", "run one plug-in against two builds of a library",
                                       run_compare};
