#include "audit/audit.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/plans.h"
#include "cli/suite_review.h"
#include "model/run_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Write one page on a suite's runs of the last weeks, for people who look once a month.\v"
    "The page has the growth, memory, fragmentation and speed of each cell from run to run; the holders, new "
    "ones marked, and their bounds; the suite's deliberate leaks with their age and last day; what needs a "
    "review; and the allocation sites that no run tried, where runs have --coverage. DIR has a subfolder for "
    "each run, as --out writes it. Files that cannot be read are told and "
    "left out. The leaks: of a suite are read from --config, else from heapgate.yaml if it is there.";

static const struct argp_option options[] = {
    {"since", 's', "DIR", 0, "The folder of the runs that were kept, each in a subfolder", 0},
    {"config", 'c', "FILE", 0, "The suite's YAML file", 0},
    {"format", 'f', "FORMAT", 0, "markdown or html", 0},
    {"output", 'o', "FILE", 0, "Write to this file instead of standard output", 0},
    {0},
};

enum { MOST_RUNS = 64 };

typedef struct arguments {
    char *runs[MOST_RUNS];
    size_t count;
    const char *config, *output;
    bool html;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case 'c':
        target->config = argument;
        return 0;
    case 'o':
        target->output = argument;
        return 0;
    case 'f':
        target->html = strcmp(argument, "html") == 0;
        if (!target->html && strcmp(argument, "markdown") != 0)
            exit(hg_complain("--format: expected markdown or html, got '%s'", argument));
        return 0;
    case 's':
    case ARGP_KEY_ARG:
        if (target->count == MOST_RUNS)
            exit(hg_complain("audit takes %d runs; keep them in one folder and give it with --since",
                             MOST_RUNS));
        target->runs[target->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (target->count == 0)
            exit(hg_complain("audit needs runs: heapgate audit --since DIR"));
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One run at a time; what cannot be read is one line. False when memory ran out. */
static bool add_runs(const hg_run_paths *paths, hg_audit *audit)
{
    char path[PATH_MAX], message[512];
    bool done = true;
    for (size_t i = 0; i < paths->count && done; i++) {
        int length = snprintf(path, sizeof path, "%s/run.json", paths->paths[i]);
        if ((size_t)length >= sizeof path || access(path, F_OK) != 0)
            snprintf(path, sizeof path, "%s", paths->paths[i]);
        hg_run *run = hg_run_read(path, message, sizeof message);
        if (run)
            done = hg_audit_add(audit, run);
        else
            hg_complain("note: left out: %s", message);
        audit->unreadable += !run;
        hg_run_free(run);
    }
    return done || hg_refuse("out of memory");
}

static bool add_leaks(const arguments *given, hg_audit *audit)
{
    if (!given->config && access("heapgate.yaml", F_OK) != 0)
        return true;
    hg_suite *suite = hg_choose_suite(given->config);
    bool done = suite != NULL;
    for (size_t i = 0; done && i < suite->leaks.count; i++) {
        const hg_leak *leak = &suite->leaks.leaks[i];
        char *what = hg_leak_describe(leak);
        done = what && hg_audit_declare(audit, what, leak->why, leak->who, leak->since ? leak->since : "",
                                        leak->until);
        if (!done)
            hg_complain("out of memory");
        free(what);
    }
    if (done)
        audit->knows_suite = true;
    hg_suite_free(suite);
    return done;
}

static bool write_markdown(const void *data, FILE *out)
{
    errno = ENOMEM;
    return hg_audit_markdown(data, out);
}

static bool write_html(const void *data, FILE *out)
{
    errno = ENOMEM;
    return hg_audit_html(data, out);
}

static int run(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "[RUN...]", .doc = doc};
    char today[HG_TIMESTAMP_SIZE];
    arguments given = {0};
    hg_run_paths paths = {0};
    hg_parse(&argp, argc, argv, &given);
    hg_today(today);
    hg_audit *audit = hg_audit_new(today);
    if (!audit)
        return hg_complain("out of memory");
    bool done =
        hg_find_runs(given.runs, given.count, &paths) && add_runs(&paths, audit) && add_leaks(&given, audit);
    if (done && !hg_audit_finish(audit))
        done = hg_refuse("out of memory");
    if (done && audit->run_count == 0)
        done = hg_refuse("no run could be read, so there is nothing to audit");
    done = done && hg_output_to(given.output, given.html ? write_html : write_markdown, audit);
    hg_run_paths_free(&paths);
    hg_audit_free(audit);
    return done ? HG_EXIT_PASS : HG_EXIT_USAGE;
}

const hg_command hg_command_audit = {"audit", "write one page on the runs of the last weeks", run};
