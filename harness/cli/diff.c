#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "diff/diff_report.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Compare run B with run A: which leaks are new, worse, better, fixed or the same.\v"
    "A run is a run.json, or the folder that was given with --out. Cells are matched by workload, subject "
    "and allocator; with --from and --to, the cells of one subject in A are matched with those of another "
    "in B. Call paths are matched by function and module names, so lines, addresses and folders may "
    "change. Two rates differ if their difference is larger than their errors; a leak is unclear if one of "
    "the runs was too short to tell.\n\n"
    "Exit codes: 0 nothing is new or worse; 1 something is; 2 usage, or the runs have no cell in common; 3 "
    "nothing is new or worse, but a cell failed or is inconclusive.";

static const struct argp_option options[] = {
    {"format", 'f', "NAME", 0, "text (default), json, markdown or html", 0},
    {"output", 'o', "FILE", 0, "Write to this file instead of standard output", 0},
    {"from", 'F', "SUBJECT", 0, "The subject in A; needs --to", 0},
    {"to", 'T', "SUBJECT", 0, "The subject in B; needs --from", 0},
    {"verbose", 'v', NULL, 0, "Also show what is the same", 0},
    {0},
};

typedef enum diff_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN, FORMAT_HTML } diff_format;

typedef struct arguments {
    const char *runs[2];
    size_t run_count;
    const char *from, *to, *output;
    diff_format format;
    bool verbose;
} arguments;

static diff_format find_format(const char *name)
{
    static const char *const names[] = {"text", "json", "markdown", "html"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return (diff_format)i;
    exit(hg_complain("--format: unknown format '%s'; known are text, json, markdown and html", name));
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case 'f':
        target->format = find_format(argument);
        return 0;
    case 'o':
        target->output = argument;
        return 0;
    case 'F':
        target->from = argument;
        return 0;
    case 'T':
        target->to = argument;
        return 0;
    case 'v':
        target->verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        if (target->run_count == 2)
            exit(hg_complain("diff takes two runs; '%s' is one too many", argument));
        target->runs[target->run_count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (target->run_count < 2)
            exit(hg_complain("diff needs two runs: heapgate diff old/run.json new/run.json"));
        if (!target->from != !target->to)
            exit(hg_complain("--from and --to go together: give the subject in A and the one in B"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct report {
    const hg_diff *diff;
    const arguments *given;
} report;

static bool write_diff(const void *data, FILE *out)
{
    const report *made = data;
    const arguments *given = made->given;
    const hg_diff_names names = {given->runs[0], given->runs[1]};
    const hg_report_options style = hg_output_style_for(given->output, given->verbose);
    errno = ENOMEM;
    if (given->format == FORMAT_MARKDOWN)
        return hg_diff_markdown(made->diff, &names, out);
    if (given->format == FORMAT_JSON)
        hg_diff_json(made->diff, &names, out);
    else if (given->format == FORMAT_HTML)
        hg_diff_html(made->diff, &names, out);
    else
        hg_diff_text(made->diff, &names, &style, out);
    return true;
}

static int run_diff(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "RUN_A RUN_B", .doc = doc};
    arguments given = {.format = FORMAT_TEXT};
    hg_parse(&argp, argc, argv, &given);
    hg_run *a = hg_read_run(given.runs[0]);
    hg_run *b = a ? hg_read_run(given.runs[1]) : NULL;
    int code = HG_EXIT_USAGE;
    hg_diff *diff = b ? hg_diff_new(a, b, given.from, given.to) : NULL;
    if (b && !diff)
        hg_complain("out of memory");
    else if (diff && diff->cell_count == 0)
        hg_complain("%s and %s have no cell in common, so there is nothing to compare%s", given.runs[0],
                    given.runs[1], given.from ? "; --from and --to name a subject of each" : "");
    else if (diff && hg_output_to(given.output, write_diff, &(report){diff, &given}))
        code = hg_diff_exit_code(diff);
    hg_diff_free(diff);
    hg_run_free(a);
    hg_run_free(b);
    return code;
}

const hg_command hg_command_diff = {"diff", "compare two runs: what leaks now that did not before", run_diff};
