#include "cli/cli.h"

#include "model/merge.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_REPLACE = 256, OPTION_PARTIAL }; /* no short form */

static const char doc[] =
    "Join the runs of one suite's shards into one run, with one outcome.\v"
    "A run is a run.json, the folder that was given with --out, or a folder of such folders. All must be of "
    "the same suite, seed and version of heapgate. A cell or shard that is there twice is a mistake, unless "
    "--replace says that the later run counts, and so is a shard that is missing, unless --partial says to "
    "join what is there.\n\n"
    "Exit codes: that of the joined run, as heapgate run would have given it; 2 when nothing was joined; at "
    "least 4 when --partial joined less than the suite.";

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "Write run.json and the reports to this folder; must be given", 0},
    {"replace", OPTION_REPLACE, NULL, 0, "A cell of a later run takes the place of the same one before", 0},
    {"partial", OPTION_PARTIAL, NULL, 0,
     "Join what is there even if shards are missing; further ones can be joined to it later", 0},
    {"quiet", 'q', NULL, 0, "Print the outcome only", 0},
    {"verbose", 'v', NULL, 0, "Print every site, not only the culprits", 0},
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
    case 'o':
        target->common.out = argument;
        return 0;
    case OPTION_REPLACE:
        target->replace = true;
        return 0;
    case OPTION_PARTIAL:
        target->partial = true;
        return 0;
    case 'q':
        target->common.quiet = true;
        return 0;
    case 'v':
        target->common.verbose = true;
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
        return ARGP_ERR_UNKNOWN;
    }
}

static void complain_merge(hg_merge_status status, const hg_run *into, const hg_run *from, const char *path,
                           size_t cell)
{
    switch (status) {
    case HG_MERGE_OTHER_SUITE:
        hg_complain("%s is a run of '%s', the ones before are of '%s'; join shards of one suite", path,
                    from->suite, into->suite);
        return;
    case HG_MERGE_OTHER_VERSION:
        hg_complain("%s was made by heapgate %s, the ones before by %s; run all shards with one version",
                    path, from->version, into->version);
        return;
    case HG_MERGE_OTHER_SHARDS:
        hg_complain(
            "%s is of %u shards of %llu cells, the ones before are of %u of %llu; run all with the same "
            "options, and I of the same N",
            path, from->part.shards, (unsigned long long)from->part.suite_cells, into->part.shards,
            (unsigned long long)into->part.suite_cells);
        return;
    case HG_MERGE_OTHER_SEED:
        hg_complain("%s was run with --seed %llu, the ones before with %llu; run all with one", path,
                    (unsigned long long)from->cells[0].seed, (unsigned long long)into->cells[0].seed);
        return;
    case HG_MERGE_SAME_SHARD:
        hg_complain("%s is a shard that is there already; leave it out, or say --replace", path);
        return;
    case HG_MERGE_SAME_CELL:
        hg_complain("%s has a cell that is there already: %s, %s, %s; leave it out, or say --replace", path,
                    from->cells[cell].workload, from->cells[cell].subject, from->cells[cell].allocator);
        return;
    case HG_MERGE_TOO_MANY:
        hg_complain("%s: together these are more than %d cells", path, HG_RUN_MAX_CELLS);
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

/* Which cells of the suite are not there, and why. */
static void complain_lack(const hg_run *run, const hg_part_lack *lack, bool partial)
{
    char missing[96];
    unsigned long long cells = lack->cells, all = run->part.suite_cells;
    const char *remedy = partial ? "joined without" : "give the rest, or say --partial";

    list_missing(lack, missing, sizeof missing);
    if (lack->shards > 0)
        hg_complain("shard%s %s of %u %s missing: %llu of %llu cells are not there; %s",
                    lack->shards == 1 ? "" : "s", missing, run->part.shards, lack->shards == 1 ? "is" : "are",
                    cells, all, remedy);
    else if (lack->interrupted > 0)
        hg_complain("a shard did not come to its end: %llu of %llu cells are not there; %s", cells, all,
                    partial ? "joined without" : "run it again, or say --partial");
    else
        hg_complain("%llu of %llu cells are in no shard: these were not divided alike; give all the same "
                    "--shard-times%s",
                    cells, all, partial ? "; joined without" : "");
}

/* Prints and writes the joined run. */
static int conclude(hg_run *run, const arguments *given)
{
    hg_part_lack lack;
    bool whole = hg_run_make_whole(run, &lack);
    if (!whole)
        complain_lack(run, &lack, given->partial);
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
