/*
 * The baseline of a suite: finding and reading it, and concluding a run with it.
 */
#ifndef HG_CLI_KNOWN_LEAKS_H
#define HG_CLI_KNOWN_LEAKS_H

#include "baseline/compare.h"
#include "cli/execute.h"
#include "cli/suite_review.h"

typedef struct hg_known_leaks {
    char path[PATH_MAX];
    char name[NAME_MAX + 32];      /* of the baseline in messages */
    char today[HG_TIMESTAMP_SIZE]; /* YYYY-MM-DD, UTC */
    hg_baseline *baseline;         /* NULL: there is none */
    const hg_suite *suite;         /* borrowed */
    bool is_part; /* the run does less than the suite says: what it does not find is not stale */
} hg_known_leaks;

/*
 * Reads the baseline that the suite names, else heapgate.baseline.json beside the suite. Complains and
 * returns false when it cannot be read. A missing file is an error only with must_exist.
 */
bool hg_known_load(const hg_suite *suite, bool must_exist, hg_known_leaks *ret_known);
/*
 * The baseline becomes the one at the merge base of the revision and HEAD, empty where there is none, and
 * *ret_now the one that it was, the caller's; NULL if there is no such file now. Complains and returns false
 * on failure.
 */
bool hg_known_go_back(hg_known_leaks *known, const char *revision, hg_baseline **ret_now);
void hg_known_free(hg_known_leaks *known);

/* Compares, prints and writes the run's reports, and prints which leaks are known, new and stale. The exit
 * code. */
int hg_known_conclude(const hg_known_leaks *known, hg_run *run, const hg_options *options);

/* One line about a change; the caller frees. NULL when memory ran out. */
char *hg_known_describe(const hg_known_leaks *known, const hg_baseline_change *change);

/* Complains of each entry that is stale by the run. HG_EXIT_LEAK if any is, else HG_EXIT_PASS; HG_EXIT_USAGE
 * when memory ran out. */
int hg_known_tell_stale(const hg_known_leaks *known, const hg_run *run);

/* Prints the changes to standard output, one a line. */
void hg_known_print(const hg_known_leaks *known, const hg_comparison *comparison);

#endif
