/*
 * The torture of one cell of a suite or one plug-in, with its progress.
 */
#ifndef HG_CLI_TORTURE_CELL_H
#define HG_CLI_TORTURE_CELL_H

#include "cli/options.h"
#include "cli/plans.h"
#include "torture/torture.h"

/* How the command line names the cell. */
typedef struct hg_torture_words {
    const char *workload;
    const char *config, *subject; /* NULL: it needs none */
} hg_torture_words;

/*
 * Adds the pass to the run. What the plan lacks is filled in: cell, names, the command that makes a fault
 * again, parallel faults, progress. hg_interrupted ends it. Complains and returns false when memory ran out.
 */
bool hg_torture_cell(const hg_cell_plan *cell, const hg_torture_plan *like, const hg_torture_words *words,
                     const hg_options *options, hg_run *run);

/*
 * The passes of the plans for which the suite wants torture, or of all without a suite; on the first
 * allocator, since what an error path does, it does on all. HG_EXIT_PASS, HG_EXIT_INTERRUPTED, or
 * HG_EXIT_USAGE after complaining.
 */
int hg_torture_cells(const hg_suite *suite, const hg_plans *plans, const hg_options *options, hg_run *run);

#endif
