#include "cli.h"

#include "reports.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Make a report from a run: RUN is a run.json, or the folder that was given with --out.\v"
    "text, json and html are for people and programs; markdown is a comment for a pull request; junit and "
    "sarif are for CI; pprof, speedscope and folded are profiles of the growth; openmetrics and csv are "
    "figures for graphs.";

static const struct argp_option options[] = {
    {"format", 'f', "NAME", 0,
     "text (default), json, html, markdown, junit, sarif, pprof, speedscope, folded, openmetrics or csv", 0},
    {"output", 'o', "FILE", 0, "Write to this file instead of standard output", 0},
    {"verbose", 'v', NULL, 0, "Every site, not only the culprits", 0},
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

static int write_to(const hg_run *run, const arguments *given, FILE *out, const char *name)
{
    hg_report_options style = hg_output_style(given->verbose);
    if (out != stdout) {
        style.colour = false;
        style.unicode = true;
    }
    errno = ENOMEM;
    if (given->format->write(run, &style, out) && fflush(out) == 0 && !ferror(out))
        return HG_EXIT_PASS;
    return hg_complain("cannot write %s: %s", name, strerror(errno));
}

static int run_report(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "RUN", .doc = doc};
    arguments given = {.format = hg_report_find("text")};
    hg_parse(&argp, argc, argv, &given);
    hg_run *run = hg_read_run(given.run);
    if (!run)
        return HG_EXIT_USAGE;
    int code;
    if (!given.output && strcmp(given.format->name, "pprof") == 0 && isatty(STDOUT_FILENO)) {
        code = hg_complain("pprof is not text: name a file for it with --output");
    } else if (given.output) {
        FILE *out = fopen(given.output, "we");
        code = out ? write_to(run, &given, out, given.output)
                   : hg_complain("cannot write %s: %s", given.output, strerror(errno));
        if (out && fclose(out) != 0 && code == HG_EXIT_PASS)
            code = hg_complain("cannot write %s: %s", given.output, strerror(errno));
    } else {
        code = write_to(run, &given, stdout, "standard output");
    }
    hg_run_free(run);
    return code;
}

const hg_command hg_command_report = {"report", "make a report from a run.json", run_report};
