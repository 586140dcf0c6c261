#include "cli/command.h"
#include "cli/execute.h"
#include "cli/output.h"
#include "diff/diff_report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BEFORE = 512, OPTION_AFTER, OPTION_MAX_SLOWDOWN }; /* no short form */

static const char doc[] =
    "Run one workload plug-in against two builds of the library that it is linked with, and compare them.\v"
    "DIR is a folder with a build of the library. The plug-in loads the library from there, whatever its "
    "RPATH says; one that does not, because the library is linked in statically or has another soname, ends "
    "with exit code 2. A library of headers or templates lies in the plug-in itself: give a plug-in that was "
    "built before the change and one that was built after it, and no folders.\n\n"
    "The build after is expected to be clean. The build before is the reference: the report shows whether it "
    "leaks, and the outcome does not depend on it.\n\n"
    "Exit codes: 0 after is clean; 1 after leaks, or is slower than --max-slowdown allows; 2 usage; 3 a "
    "build is inconclusive; 4 or 5 a cell of either build failed.";

static const struct argp_option options[] = {
    {"before", OPTION_BEFORE, "DIR", 0, "Folder of the library before the change", 0},
    {"after", OPTION_AFTER, "DIR", 0, "Folder of the library after the change", 0},
    {"max-slowdown", OPTION_MAX_SLOWDOWN, "F", 0,
     "After the change, an op may take at most F times as long as before, such as 1.2 (default: no limit)",
     0},
    {0},
};

typedef struct arguments {
    hg_options common;
    const char *before, *after, *plugin, *plugin_after;
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
        if (target->plugin_after)
            exit(hg_complain("compare takes at most two plug-ins; '%s' is one too many", argument));
        *(target->plugin ? &target->plugin_after : &target->plugin) = argument;
        return 0;
    case ARGP_KEY_END:
        if (!target->plugin || !target->before != !target->after ||
            (!target->plugin_after && !target->before))
            exit(hg_complain("compare needs two folders and a plug-in, or two plug-ins: heapgate compare "
                             "--before DIR --after DIR PLUGIN.so, or heapgate compare BEFORE.so AFTER.so"));
        if (target->max_slowdown > 0 && target->common.speed_refused)
            exit(hg_complain(
                "--max-slowdown needs the times that --no-speed leaves out: give only one of them"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Whether two paths are given and name one place. */
static bool are_same(const char *one, const char *other)
{
    char *before = one && other ? realpath(one, NULL) : NULL;
    char *after = before ? realpath(other, NULL) : NULL;
    bool same = before && after && strcmp(before, after) == 0;
    free(before);
    free(after);
    return same;
}

/* Refuses two names of one build: it would be compared with itself. */
static bool are_two_builds(const arguments *given)
{
    if (!given->plugin_after && are_same(given->before, given->after))
        return hg_refuse("--before and --after are the same folder: %s", given->before);
    return !are_same(given->plugin, given->plugin_after) ||
           hg_refuse("the two plug-ins are the same file: %s", given->plugin);
}

/* The build before is the reference: whatever its verdict, it counts as expected. */
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
        hg_complain("note: the build before is clean too, so this run cannot show that a leak was fixed");
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

/* Prints the difference between before and after, and an exit code that it does not explain; false after
 * complaining. */
static bool show_difference(const hg_run *run, const hg_options *common, int concluded)
{
    hg_report_options style = hg_output_style(common->verbose);
    hg_diff *diff = hg_diff_new(run, run, names.a, names.b);
    if (!diff)
        return hg_refuse("out of memory");
    if (!common->quiet) {
        fputc('\n', stdout);
        hg_diff_text(diff, &names, &style, stdout);
        if (concluded != HG_EXIT_PASS && hg_diff_exit_code(diff) == HG_EXIT_PASS)
            printf("exit code %d: a cell above is not as expected\n", concluded);
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
    if (code == HG_EXIT_PASS)
        code = show_difference(run, &given->common, concluded) ? concluded : HG_EXIT_USAGE;
    hg_run_free(run);
    return code;
}

static int run_compare(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_options_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {.options = options,
                              .parser = parse,
                              .args_doc = "PLUGIN.so\nBEFORE.so AFTER.so",
                              .doc = doc,
                              .children = children};
    arguments given = {.common = HG_OPTIONS_DEFAULT(argc, argv)};
    given.common.speed = true;
    hg_parse(&argp, argc, argv, &given);
    const hg_build builds[] = {
        {.subject = "before", .folder = given.before, .expect = HG_EXPECT_LEAK},
        {.subject = "after",
         .folder = given.after,
         .plugin = given.plugin_after,
         .expect = HG_EXPECT_CLEAN,
         .max_slowdown = given.max_slowdown},
    };
    hg_plans plans = {0};
    int code = are_two_builds(&given) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS)
        code = hg_plan_plugin(given.plugin, builds, 2, &given.common, &plans);
    if (code == HG_EXIT_PASS)
        code = measure_and_compare(&plans, &given);
    hg_plans_free(&plans);
    return code;
}

const hg_command hg_command_compare = {"compare", "run one plug-in against two builds of a library",
                                       run_compare};
