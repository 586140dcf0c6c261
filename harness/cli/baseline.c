#include "analysis/call_path.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/known_leaks.h"
#include "cli/output.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_FROM = 640,
    OPTION_ALLOW_GROWTH,
    OPTION_TORTURE_TOO,
    OPTION_AGAINST,
    OPTION_STRICT
}; /* no short form */

static const char doc[] =
    "Keep a reviewed file of known leaks, which may only shrink.\v"
    "check runs the suite and compares it with its baseline, as heapgate run does. update runs the suite and "
    "writes the baseline: leaks that are gone are removed, and rates that are lower are lowered. New or "
    "larger leaks are refused: the exit code is 1 and nothing is written, unless --allow-growth is given or "
    "there is no file yet. Findings of heapgate torture, if asked for, are kept in the same way, by the call "
    "path "
    "that failed and by outcome.\n\n"
    "The file is the one that the suite names with baseline:, else heapgate.baseline.json beside the suite's "
    "file. You can add a waiver to an entry: \"waiver\": {\"reason\": \"...\", \"until\": "
    "\"2027-01-31\"}; after that day the entry allows nothing.";

static const struct argp_option options[] = {
    {"from", OPTION_FROM, "RUN", 0, "Use this run (a run.json, or its folder) instead of measuring", 0},
    {"allow-growth", OPTION_ALLOW_GROWTH, NULL, 0,
     "update: also accept new and larger leaks, and new findings", 0},
    {"against", OPTION_AGAINST, "REV", 0,
     "check: compare with the baseline at the merge base of this git revision and HEAD, and fail if the file "
     "allows more by now",
     0},
    {"strict", OPTION_STRICT, NULL, 0,
     "check: also fail for entries that are stale: gone, or larger than what was measured", 0},
    {"torture", OPTION_TORTURE_TOO, NULL, 0,
     "Also make calls fail in turn, as heapgate torture does, and compare the findings", 0},
    {0},
};

typedef struct arguments {
    hg_suite_arguments suite;
    const char *verb, *from, *against;
    bool allow_growth, strict;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &target->suite;
        return 0;
    case OPTION_FROM:
        target->from = argument;
        return 0;
    case OPTION_ALLOW_GROWTH:
        target->allow_growth = true;
        return 0;
    case OPTION_AGAINST:
        target->against = argument;
        return 0;
    case OPTION_STRICT:
        target->strict = true;
        return 0;
    case OPTION_TORTURE_TOO:
        target->suite.torture = true;
        return 0;
    case ARGP_KEY_ARG:
        if (target->verb)
            exit(hg_complain("baseline takes update or check; '%s' is one too many", argument));
        if (strcmp(argument, "update") != 0 && strcmp(argument, "check") != 0)
            exit(hg_complain("baseline: expected update or check, got '%s'", argument));
        target->verb = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("baseline needs update or check: heapgate baseline check"));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Whether every cell has a verdict that a baseline can be made from; complains if not. */
static bool is_conclusive(const hg_run *run)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        if (cell->verdict != HG_VERDICT_INCONCLUSIVE && cell->verdict != HG_VERDICT_FAILED)
            continue;
        return hg_refuse("%s, %s (%s): the verdict is %s, so the baseline was not changed", cell->workload,
                         cell->subject, cell->allocator, hg_verdict_name(cell->verdict));
    }
    for (size_t i = 0; i < run->torture.pass_count; i++) {
        const hg_torture_pass *pass = &run->torture.passes[i];
        if (pass->message[0])
            return hg_refuse(
                "%s, %s: the pass of faults is not complete, so the baseline was not changed: %s",
                pass->workload, pass->subject, pass->message);
    }
    return true;
}

/* Whether the same leak was refused already, for another allocator. */
static bool is_repeated(const hg_comparison *comparison, size_t index)
{
    const hg_baseline_change *change = &comparison->changes[index];
    for (size_t i = 0; i < index && !change->fault; i++) {
        const hg_baseline_change *other = &comparison->changes[i];
        if (!hg_baseline_is_failure(other) || other->fault ||
            strcmp(other->cell->workload, change->cell->workload) != 0 ||
            strcmp(other->cell->subject, change->cell->subject) != 0 || !other->site != !change->site)
            continue;
        if (!change->site || hg_same_call_path(other->site, change->site))
            return true;
    }
    return false;
}

static void print_refusals(const hg_known_leaks *known, const hg_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        if (!hg_baseline_is_failure(&comparison->changes[i]) || is_repeated(comparison, i))
            continue;
        char *text = hg_known_describe(known, &comparison->changes[i]);
        hg_complain("refused without --allow-growth: %s", text ? text : "out of memory");
        free(text);
    }
}

/* Compares, changes and writes the baseline. The changes that are printed refer to the old one. */
static int update(hg_known_leaks *known, const hg_run *run, const arguments *given)
{
    char message[PATH_MAX + 512];
    if (!is_conclusive(run))
        return hg_run_exit_code(run);
    /* The first baseline has an entry for every leak: there is nothing that could grow. */
    bool allow_growth = given->allow_growth || !known->baseline;
    if (!known->baseline)
        known->baseline = hg_baseline_new();
    hg_comparison *comparison =
        known->baseline ? hg_baseline_compare(known->baseline, run, known->today) : NULL;
    if (!comparison)
        return hg_complain("out of memory");
    int code = HG_EXIT_PASS;
    if (comparison->failures > 0 && !allow_growth)
        print_refusals(known, comparison);
    else if (!given->suite.common.quiet)
        hg_known_print(known, comparison);
    switch (hg_baseline_update(known->baseline, comparison, run, known->today, allow_growth)) {
    case HG_UPDATE_REFUSED:
        code = HG_EXIT_LEAK;
        break;
    case HG_UPDATE_NO_MEMORY:
        code = hg_complain("out of memory");
        break;
    case HG_UPDATE_DONE:
        if (!hg_baseline_write(known->baseline, known->path, message, sizeof message))
            code = hg_complain("%s", message);
        else if (!given->suite.common.quiet)
            printf("%s: %zu %s\n", known->path, known->baseline->count,
                   known->baseline->count == 1 ? "entry" : "entries");
        break;
    }
    hg_comparison_free(comparison);
    return code;
}

static int run_update(const hg_suite *suite, hg_known_leaks *known, const arguments *given)
{
    hg_run *run = NULL;
    int code = HG_EXIT_PASS;
    if (given->from)
        code = (run = hg_read_run(given->from)) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    else
        code = hg_measure_suite(suite, &given->suite, &run);
    if (code == HG_EXIT_PASS && given->suite.common.out && !hg_output_write(run, given->suite.common.out))
        code = HG_EXIT_USAGE;
    if (code == HG_EXIT_PASS)
        code = update(known, run, given);
    hg_run_free(run);
    return code;
}

/* Entries of the file as it is now that allow more than the earlier one does. */
static int tell_wider(const hg_known_leaks *known, const hg_baseline *now)
{
    int code = HG_EXIT_PASS;
    for (size_t i = 0; i < now->count; i++) {
        const hg_baseline_entry *entry = &now->entries[i];
        const char *how = hg_baseline_widening(known->baseline, entry);
        if (!how)
            continue;
        hg_complain("wider: %s, %s at %s: this entry of %s %s, by %s", entry->workload, entry->subject,
                    entry->depth > 0 ? entry->stack[0] : "several call paths", hg_base_name(known->path), how,
                    known->name);
        code = HG_EXIT_LEAK;
    }
    return code;
}

/* What is wrong with the file as it is now, whatever was measured. */
static int judge_file(const hg_known_leaks *known, const hg_baseline *now, const hg_run *run,
                      const arguments *given)
{
    int code = given->against ? tell_wider(known, now) : HG_EXIT_PASS;
    if (!given->strict)
        return code;
    hg_known_leaks current = *known;
    current.baseline = (hg_baseline *)now;
    snprintf(current.name, sizeof current.name, "%s", hg_base_name(known->path));
    int stale = hg_known_tell_stale(&current, run);
    return stale == HG_EXIT_PASS ? code : stale;
}

static int run_check(const hg_suite *suite, hg_known_leaks *known, const arguments *given)
{
    hg_run *run = NULL;
    hg_baseline *now = NULL; /* where the baseline is another one */
    bool found = !given->against || hg_known_go_back(known, given->against, &now);
    int code = found ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (found && !given->from)
        code = hg_measure_suite(suite, &given->suite, &run);
    else if (found)
        code = (run = hg_read_run(given->from)) ? HG_EXIT_PASS : HG_EXIT_USAGE;
    if (run) {
        int concluded = hg_known_conclude(known, run, &given->suite.common);
        code = code == HG_EXIT_PASS || concluded == HG_EXIT_USAGE ? concluded : code;
    }
    const hg_baseline *file = given->against ? now : known->baseline;
    if (run && file && code != HG_EXIT_USAGE) {
        int judged = judge_file(known, file, run, given);
        code = code == HG_EXIT_PASS || judged == HG_EXIT_USAGE ? judged : code;
    }
    hg_baseline_free(now);
    hg_run_free(run);
    return code;
}

static int run(int argc, char **argv)
{
    const struct argp_child children[] = {{&hg_suite_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "update|check", .doc = doc, .children = children};
    arguments given = {.suite.common = HG_OPTIONS_DEFAULT(argc, argv)};
    hg_parse(&argp, argc, argv, &given);
    bool updates = strcmp(given.verb, "update") == 0;
    if (given.allow_growth && !updates)
        return hg_complain("--allow-growth is only for update; check changes nothing");
    if (updates && (given.against || given.strict))
        return hg_complain("--against and --strict are only for check; update does not judge the file");
    hg_known_leaks known = {0};
    hg_suite *suite = hg_choose_suite(given.suite.config);
    int code = HG_EXIT_USAGE;
    if (suite && hg_known_load(suite, !updates && !given.against, &known))
        code = updates ? run_update(suite, &known, &given) : run_check(suite, &known, &given);
    hg_known_free(&known);
    hg_suite_free(suite);
    return code;
}

const hg_command hg_command_baseline = {"baseline", "keep a file of known leaks, which may only shrink", run};
