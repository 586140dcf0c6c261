#include "cli.h"

#include "reports.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char doc[] =
    "Make a report from a run: RUN is a run.json, or the folder that was given with --out.";

static const struct argp_option options[] = {
    {"format", 'f', "NAME", 0, "text (default), html or json", 0},
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

static hg_run *read_run(const char *given)
{
    char path[PATH_MAX];
    char message[512];
    struct stat stat_of_path;
    bool folder = stat(given, &stat_of_path) == 0 && S_ISDIR(stat_of_path.st_mode);
    if ((size_t)snprintf(path, sizeof path, "%s%s", given, folder ? "/run.json" : "") >= sizeof path) {
        hg_complain("%s: the path is too long", given);
        return NULL;
    }
    hg_run *run = hg_run_read(path, message, sizeof message);
    if (!run)
        hg_complain("%s", message);
    return run;
}

static int write_to(const hg_run *run, const arguments *given, FILE *out, const char *name)
{
    const char *no_colour = getenv("NO_COLOR");
    hg_report_options style = {
        .colour = out == stdout && isatty(STDOUT_FILENO) && !(no_colour && no_colour[0]),
        .verbose = given->verbose,
        .unicode = out != stdout || hg_output_takes_utf8(),
    };
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
    hg_run *run = read_run(given.run);
    if (!run)
        return HG_EXIT_USAGE;
    int code;
    if (given.output) {
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
