#include "model/merge.h"
#include "cli/command.h"
#include "cli/execute.h"
#include "cli/input.h"
#include "cli/output.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_REPLACE = 256, OPTION_PARTIAL }; /* no short form */

static const char doc[] =
    "Join the runs of a suite's shards into one run with one outcome.\v"
    "A run is a run.json, the folder that was given with --out, or a folder of such folders. All runs must "
    "have the same suite, seed and version of heapgate. A shard or cell that is given twice is an error "
    "without --replace, and a missing shard is an error without --partial.\n\n"
    "Exit codes: that of the joined run, as heapgate run gives it; 2 if nothing was joined; at least 4 if "
    "--partial joined less than the whole suite.";

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "Write run.json and the reports to this folder; required", 0},
    {"replace", OPTION_REPLACE, NULL, 0, "If a cell is given twice, use the one of the later run", 0},
    {"partial", OPTION_PARTIAL, NULL, 0,
     "Join the shards that are there even if others are missing; those can be joined to the result later", 0},
    {"quiet", 'q', NULL, 0, "Print only the outcome", 0},
    {"verbose", 'v', NULL, 0, "Print every site, and the reason of each verdict", 0},
    {0},
};

typedef struct arguments {
    hg_options common;
    char **runs;
    size_t run_count;
    bool replace, partial;
} arguments;

static error_t parse(int key, char *argument, struct argp_state *state)
{
    arguments *target = state->input;
    switch (key) {
    case OPTION_REPLACE:
        target->replace = true;
        return 0;
    case OPTION_PARTIAL:
        target->partial = true;
        return 0;
    case ARGP_KEY_ARGS:
        target->runs = state->argv + state->next;
        target->run_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        exit(hg_complain("merge needs runs: heapgate merge shard-1 shard-2 --out DIR"));
    case ARGP_KEY_END:
        if (!target->common.out)
            exit(hg_complain("merge needs a folder for the joined run: --out DIR"));
        return 0;
    default:
        return hg_options_parse(key, argument, &target->common);
    }
}

static void complain_merge(hg_merge_status status, const hg_run *into, const hg_run *from, const char *path,
                           size_t cell)
{
    switch (status) {
    case HG_MERGE_OTHER_SUITE:
        hg_complain("%s is a run of suite '%s', the earlier ones are of '%s'; join shards of one suite", path,
                    from->suite, into->suite);
        return;
    case HG_MERGE_OTHER_VERSION:
        hg_complain("%s was made by heapgate %s, the earlier ones by %s; run all shards with one version",
                    path, from->version, into->version);
        return;
    case HG_MERGE_OTHER_SHARDS:
        hg_complain(
            "%s has 1 of %u shards of %llu cells, the earlier ones are of %u shards of %llu cells; run all "
            "shards with the same options and the same N",
            path, from->part.shards, (unsigned long long)from->part.suite_cells, into->part.shards,
            (unsigned long long)into->part.suite_cells);
        return;
    case HG_MERGE_OTHER_SEED:
        hg_complain("%s was run with --seed %llu, the earlier ones with %llu; run all shards with one seed",
                    path, (unsigned long long)from->cells[0].seed, (unsigned long long)into->cells[0].seed);
        return;
    case HG_MERGE_SAME_SHARD:
        hg_complain("%s is a shard that was given already; leave it out, or give --replace", path);
        return;
    case HG_MERGE_SAME_CELL:
        hg_complain("%s has a cell that was given already: %s, %s, %s; leave it out, or give --replace", path,
                    from->cells[cell].workload, from->cells[cell].subject, from->cells[cell].allocator);
        return;
    case HG_MERGE_TOO_MANY:
        hg_complain("%s: together these runs have more than %d cells", path, HG_RUN_MAX_CELLS);
        return;
    default:
        hg_complain("out of memory");
    }
}

static bool merge_into(hg_run *into, const char *path, bool replace)
{
    size_t cell = 0;
    hg_run *from = hg_read_run(path);
    if (!from)
        return false;
    hg_merge_status status = hg_run_merge(into, from, replace, &cell);
    if (status != HG_MERGE_DONE)
        complain_merge(status, into, from, path, cell);
    hg_run_free(from);
    return status == HG_MERGE_DONE;
}

/* "2, 4, 5 and 3 more" */
static void list_missing(const hg_part_lack *lack, char *text, size_t size)
{
    size_t used = 0;
    uint32_t named = 0;

    text[0] = '\0';
    for (; named < sizeof lack->first / sizeof *lack->first && lack->first[named]; named++) {
        bool last = named + 1 == lack->shards;
        used += (size_t)snprintf(text + used, size - used, "%s%u",
                                 named == 0 ? ""
                                 : last     ? " and "
                                            : ", ",
                                 lack->first[named]);
    }
    if (lack->shards > named)
        snprintf(text + used, size - used, " and %u more", lack->shards - named);
}

/* Says which cells of the suite are missing, and why. */
static void complain_missing(const hg_run *run, const hg_part_lack *lack, bool partial)
{
    char missing[96];
    bool one = lack->shards == 1;
    unsigned long long cells = lack->cells, all = run->part.suite_cells;

    list_missing(lack, missing, sizeof missing);
    if (lack->shards > 0)
        hg_complain("shard%s %s of %u %s missing, and with %s %llu of %llu cells; %s", one ? "" : "s",
                    missing, run->part.shards, one ? "is" : "are", one ? "it" : "them", cells, all,
                    partial ? "the others are joined" : "give the missing shards, or --partial");
    else if (lack->interrupted > 0)
        hg_complain("a shard was interrupted: it lacks %llu of the suite's %llu cells; %s", cells, all,
                    partial ? "the others are joined" : "run it again, or give --partial");
    else
        hg_complain("no shard has %llu of the suite's %llu cells: give all shards the same --shard-times%s",
                    cells, all, partial ? "; the others are joined" : "");
}

/* Prints and writes the joined run. */
static int conclude(hg_run *run, const arguments *given)
{
    hg_part_lack lack;
    bool whole = hg_run_make_whole(run, &lack);
    if (!whole)
        complain_missing(run, &lack, given->partial);
    if (!whole && !given->partial)
        return HG_EXIT_USAGE;
    int code = hg_conclude(run, &given->common);
    return !whole && (code == HG_EXIT_PASS || code == HG_EXIT_INCONCLUSIVE) ? HG_EXIT_FAILED : code;
}

static int run_merge(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "RUN...", .doc = doc};
    arguments given = {.common = {.argc = argc, .argv = argv}};
    hg_parse(&argp, argc, argv, &given);
    hg_run_paths paths = {0};
    hg_run *run = NULL;
    bool merged = hg_output_prepare(given.common.out) && hg_find_runs(given.runs, given.run_count, &paths) &&
                  (run = hg_read_run(paths.paths[0])) != NULL && hg_set_command(run, &given.common);
    for (size_t i = 1; merged && i < paths.count; i++)
        merged = merge_into(run, paths.paths[i], given.replace);
    int code = merged ? conclude(run, &given) : HG_EXIT_USAGE;
    hg_run_free(run);
    hg_run_paths_free(&paths);
    return code;
}

const hg_command hg_command_merge = {"merge", "join the runs of a suite's shards", run_merge};
