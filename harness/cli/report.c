#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Make a report from a run: RUN is a run.json, or the folder that was given with --out.\v"
    "text, json and html are for people and programs; markdown is a comment for a pull request; junit, "
    "sarif, github (annotations) and ctest (defects of a dashboard) are for CI; brief is what matters in "
    "less than 5 KB of JSON; pprof, "
    "speedscope and folded are profiles of the growth; openmetrics and csv are "
    "figures for graphs; holders lists what holds the memory.";

static const struct argp_option options[] = {
    {"format", 'f', "NAME", 0,
     "text (default), json, html, markdown, junit, sarif, pprof, speedscope, folded, openmetrics, csv, "
     "holders, brief, github or ctest",
     0},
    {"output", 'o', "FILE", 0, "Write to this file instead of standard output", 0},
    {"verbose", 'v', NULL, 0, "Show every site, not only the culprits", 0},
    {0},
};

typedef struct arguments {
    const char *run, *output;
    const hg_report_format *format;
    bool verbose;
} arguments;

static const hg_report_format *find_format(const char *name)
{
    const hg_report_format *format = hg_report_find(name);
    if (format)
        return format;
    char list[256] = "";
    for (const hg_report_format *known = hg_report_formats(); known->name; known++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", known->name);
    }
    exit(hg_complain("--format: unknown format '%s'; known are %s", name, list));
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
    case 'v':
        target->verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        if (target->run)
            exit(hg_complain("report takes one run; '%s' is one too many", argument));
        target->run = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("report needs a run: heapgate report run.json --format html"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct report {
    const hg_run *run;
    const arguments *given;
} report;

static bool write_report(const void *data, FILE *out)
{
    const report *made = data;
    const hg_report_options style = hg_output_style_for(made->given->output, made->given->verbose);
    errno = ENOMEM;
    return made->given->format->write(made->run, &style, out);
}

static int run_report(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "RUN", .doc = doc};
    arguments given = {.format = hg_report_find("text")};
    hg_parse(&argp, argc, argv, &given);
    hg_run *run = hg_read_run(given.run);
    if (!run)
        return HG_EXIT_USAGE;
    const report made = {run, &given};
    int code = HG_EXIT_USAGE;
    if (!given.output && strcmp(given.format->name, "pprof") == 0 && isatty(STDOUT_FILENO))
        hg_complain("the pprof format is not text: write it to a file with --output");
    else if (hg_output_to(given.output, write_report, &made))
        code = HG_EXIT_PASS;
    hg_run_free(run);
    return code;
}

const hg_command hg_command_report = {"report", "make a report from a run.json", run_report};
