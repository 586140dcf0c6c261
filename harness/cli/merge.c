#include "cli.h"

#include "merge.h"
#include <stdlib.h>
#include <string.h>

enum { OPTION_REPLACE = 256 }; /* no short form */

static const char doc[] =
    "Join the runs of one suite's shards into one run, with one outcome.\v"
    "A run is a run.json, or the folder that was given with --out. All must be of the same suite and version "
    "of heapgate. A cell that is in two runs is a mistake, unless --replace says that the later run "
    "counts.\n\n"
    "Exit codes: that of the joined run, as heapgate run would have given it; 2 when nothing was joined.";

static const struct argp_option options[] = {
    {"out", 'o', "DIR", 0, "Write run.json and the reports to this folder; must be given", 0},
    {"replace", OPTION_REPLACE, NULL, 0, "A cell of a later run takes the place of the same one before", 0},
    {"quiet", 'q', NULL, 0, "Print the outcome only", 0},
    {"verbose", 'v', NULL, 0, "Print every site, not only the culprits", 0},
    {0},
};

typedef struct arguments {
    hg_options common;
    char **runs;
    size_t run_count;
    bool replace;
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

static int run_merge(int argc, char **argv)
{
    const struct argp argp = {.options = options, .parser = parse, .args_doc = "RUN...", .doc = doc};
    arguments given = {.common = {.argc = argc, .argv = argv}};
    hg_parse(&argp, argc, argv, &given);
    hg_run *run = hg_output_prepare(given.common.out) ? hg_read_run(given.runs[0]) : NULL;
    bool merged = run && hg_set_command(run, &given.common);
    for (size_t i = 1; merged && i < given.run_count; i++)
        merged = merge_into(run, given.runs[i], given.replace);
    int code = merged ? hg_conclude(run, &given.common) : HG_EXIT_USAGE;
    hg_run_free(run);
    return code;
}

const hg_command hg_command_merge = {"merge", "join the runs of a suite's shards", run_merge};
