#include "cli/options.h"

#include "analysis/growth.h"
#include "cli/command.h"
#include "suite/node.h"
#include "suite/suite.h"
#include "symbols/module_file.h"
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hg_names_add(hg_names *names, const char *name)
{
    if (names->count == sizeof names->names / sizeof *names->names)
        return false;
    names->names[names->count++] = name;
    return true;
}

bool hg_names_select(const hg_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->names[i], name) == 0)
            return true;
    return names->count == 0;
}

unsigned hg_options_parallel(const hg_options *options)
{
    return options->parallel ? options->parallel : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

uint64_t hg_parse_number(const char *option, const char *text, uint64_t least, uint64_t most)
{
    uint64_t number;
    if (!hg_parse_count(text, &number) || number < least || number > most)
        exit(hg_complain("%s: expected a whole number from %llu to %llu, got '%s'", option,
                         (unsigned long long)least, (unsigned long long)most, text));
    return number;
}

double hg_parse_real(const char *option, const char *text, double least, double most, const char *expected)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most))
        exit(hg_complain("%s: expected %s, got '%s'", option, expected, text));
    return value;
}

double hg_parse_bytes_per_op(const char *option, const char *text)
{
    return hg_parse_real(option, text, 0, DBL_MAX, "a number of bytes");
}

double hg_parse_slowdown(const char *option, const char *text)
{
    char expected[64];
    snprintf(expected, sizeof expected, "a number from %g to %g", HG_LEAST_SLOWDOWN, HG_MOST_SLOWDOWN);
    return hg_parse_real(option, text, HG_LEAST_SLOWDOWN, HG_MOST_SLOWDOWN, expected);
}

double hg_parse_time(const char *option, const char *text, double least, double most, const char *expected)
{
    double seconds;
    if (!hg_parse_seconds(text, &seconds) || seconds < least || seconds > most)
        exit(hg_complain("%s: expected %s, got '%s'", option, expected, text));
    return seconds;
}

const hg_allocator *hg_parse_allocator(const char *name)
{
    char names[256];
    const hg_allocator *allocator = hg_allocator_find(name);
    hg_allocator_names(" and ", names, sizeof names);
    if (!allocator)
        exit(hg_complain("--allocator: unknown allocator '%s'; known are %s", name, names));
    return allocator;
}

enum {
    OPTION_VERIFY = 256,
    OPTION_BUDGET,
    OPTION_SPEED,
    OPTION_NO_SPEED,
    OPTION_WARMUP,
    OPTION_QUICK,
    OPTION_HOLDERS
}; /* no short form */

static const struct argp_option options[] = {
    {"allocator", 'a', "NAME", 0, "Allocator under the probe; may be repeated", 0},
    {"ops", 'n', "N", 0, "Measured operations per cell, such as 20000, 64k or 1e6, not counting the warm-up",
     0},
    {"warmup", OPTION_WARMUP, "OPS", 0,
     "Least number of operations before the measured ones (default: as the suite or the plug-in says)", 0},
    {"rounds", 'r', "R", 0, "Rounds that the operations are divided into (default 10)", 0},
    {"seed", 's', "N", 0, "Seed of the workload's random choices (default 1)", 0},
    {"corpus", 'C', "PATH", 0, "Real inputs for workloads that take them", 0},
    {"out", 'o', "DIR", 0,
     "Write run.json, report.html, report.txt, report.md, junit.xml and heapgate.sarif to this folder", 0},
    {"jobs", 'j', "N", 0, "Cells to run at the same time (default: one per processor)", 0},
    {"budget", OPTION_BUDGET, "TIME", 0,
     "Time for all processes of a cell together, such as 10s or 2m (default 5m); a cell that needs more is "
     "inconclusive",
     0},
    {"quick", OPTION_QUICK, NULL, 0,
     "One short look: a first answer for unit tests; a longer look can give another verdict", 0},
    {"holders", OPTION_HOLDERS, "WHEN", 0,
     "Run a cell once more after its verdict to find out who holds its blocks; auto, the default, does so "
     "where it "
     "leaks: auto, always or never",
     0},
    {"verify", OPTION_VERIFY, NULL, 0,
     "Also walk every stack the slow way, and fail if the probe took one stack for another", 0},
    {"speed", OPTION_SPEED, NULL, 0,
     "Also time the operations without the probe, after the verdicts (default for run and compare)", 0},
    {"no-speed", OPTION_NO_SPEED, NULL, 0, "Do not time the operations; saves about 0.2 s per cell", 0},
    HG_OPTIONS_SYSROOT,
    {"quiet", 'q', NULL, 0, "Print only the outcome", 0},
    {"verbose", 'v', NULL, 0, "Print every site, and the reason of each verdict", 0},
    {0},
};

error_t hg_options_parse(int key, char *argument, hg_options *target)
{
    switch (key) {
    case 'a':
        hg_parse_allocator(argument);
        if (!hg_names_add(&target->allocators, argument))
            exit(hg_complain("--allocator is given too many times"));
        return 0;
    case 'n':
        target->ops = hg_parse_number("--ops", argument, 1, HG_MOST_OPS);
        return 0;
    case OPTION_WARMUP:
        target->warmup_ops = hg_parse_number("--warmup", argument, 1, HG_MOST_OPS);
        return 0;
    case 'r':
        target->rounds = (uint32_t)hg_parse_number("--rounds", argument, HG_MIN_ROUNDS, HG_MOST_ROUNDS);
        return 0;
    case 's':
        target->seed = hg_parse_number("--seed", argument, 0, UINT64_MAX);
        return 0;
    case 'C':
        target->corpus = argument;
        return 0;
    case 'o':
        target->out = argument;
        return 0;
    case 'j':
        target->parallel = (unsigned)hg_parse_number("--jobs", argument, 1, 1024);
        return 0;
    case OPTION_BUDGET:
        target->budget_seconds =
            hg_parse_time("--budget", argument, 0, DBL_MAX, "a duration such as 10s, 500ms or 2m");
        target->budget = argument;
        return 0;
    case OPTION_QUICK:
        target->quick = true;
        return 0;
    case OPTION_HOLDERS:
        if (!hg_holders_mode_of(argument, &target->holders))
            exit(hg_complain("--holders: expected auto, always or never, got '%s'", argument));
        target->holders_given = true;
        return 0;
    case HG_OPTION_SYSROOT:
        if (!hg_module_file_set_sysroot(argument))
            exit(hg_complain("--sysroot: '%s' is no folder", argument));
        return 0;
    case OPTION_VERIFY:
        target->verify = true;
        return 0;
    case OPTION_SPEED:
    case OPTION_NO_SPEED:
        target->speed = key == OPTION_SPEED;
        target->speed_refused = key == OPTION_NO_SPEED;
        return 0;
    case 'q':
        target->quiet = true;
        return 0;
    case 'v':
        target->verbose = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    return hg_options_parse(key, argument, state->input);
}

/* Puts the allocators' names into the help. argp frees a text that is not the one it passed. */
static char *name_allocators(int key, const char *text, void *input)
{
    (void)input;
    char names[256];
    char *filled = NULL;
    if (key != 'a')
        return (char *)text;
    hg_allocator_names(" or ", names, sizeof names);
    return asprintf(&filled, "Allocator under the probe: %s; may be repeated", names) < 0 ? (char *)text
                                                                                          : filled;
}

const struct argp hg_options_argp = {.options = options, .parser = parse, .help_filter = name_allocators};
