/*
 * The baseline of a suite, on the command line: where it lies, and a run's conclusion by it.
 */
#ifndef HG_CLI_KNOWN_LEAKS_H
#define HG_CLI_KNOWN_LEAKS_H

#include "baseline/compare.h"
#include "cli/cli.h"

typedef struct hg_known_leaks {
    char path[PATH_MAX];
    char today[16];        /* UTC */
    hg_baseline *baseline; /* NULL: there is none */
    const hg_suite *suite; /* borrowed */
} hg_known_leaks;

/*
 * Reads the baseline that the suite names, else heapgate.baseline.json beside the suite. Complains and
 * returns false when it cannot be read; a file that is not there is only then a mistake when must_exist says
 * so.
 */
bool hg_known_load(const hg_suite *suite, bool must_exist, hg_known_leaks *ret_known);
void hg_known_free(hg_known_leaks *known);

/* Compares, prints and writes the run's reports, and says what is known, new and stale. Gives the exit
 * code. */
int hg_known_conclude(const hg_known_leaks *known, hg_run *run, const hg_options *options);

/* Measures the suite and concludes. */
int hg_run_against_baseline(const hg_suite *suite, const hg_suite_arguments *given,
                            const hg_known_leaks *known);

/* One line about a change, without what it means; the caller frees. NULL when memory ran out. */
char *hg_known_describe(const hg_known_leaks *known, const hg_baseline_change *change);

/* Prints the changes to standard output, one a line. */
void hg_known_print(const hg_known_leaks *known, const hg_comparison *comparison);

#endif
