/*
 * Running what was planned: the cells, their cross-check, the report and the exit code.
 */
#ifndef HG_CLI_EXECUTE_H
#define HG_CLI_EXECUTE_H

#include "cli/coverage_sites.h"
#include "cli/plans.h"
#include <signal.h>

/*
 * Sees to it that the plans can run, asks their plug-ins what they are, and gives a run without cells, the
 * caller's. From then on Ctrl-C is only noted. HG_EXIT_PASS, or HG_EXIT_USAGE after complaining.
 */
int hg_measure_begin(hg_plans *plans, const char *suite_name, const hg_options *options, hg_run **ret_run);

/*
 * Runs the plans. HG_EXIT_PASS with *ret_run the caller's; HG_EXIT_INTERRUPTED after saying so, with the
 * cells that had ended by then in *ret_run; or HG_EXIT_USAGE after complaining, with *ret_run untouched.
 */
int hg_measure(hg_plans *plans, const char *suite_name, const hg_options *options, hg_run **ret_run);

/* Whether the record that a measured process counts in, a large sparse file in memory, can be made: ulimit -f
 * applies to it. Complains if not. */
bool hg_can_record(void);

/* The same, and whether a measured process can be handed it: ulimit -n applies to that. */
bool hg_can_launch(void);

/* Becomes 1 at Ctrl-C, SIGTERM or SIGHUP, once hg_measure_begin was called. */
extern volatile sig_atomic_t hg_interrupted;

/* Prints the table and writes the reports to --out. The exit code. */
int hg_conclude(hg_run *run, const hg_options *options);

/* hg_measure and hg_conclude. */
int hg_execute(hg_plans *plans, const char *suite_name, const hg_options *options);

/* Prints the outcome, one line, as --quiet does. */
void hg_print_outcome(const hg_run *run, FILE *out);

/* Prints the report, or the outcome with --quiet. */
void hg_print_run(const hg_run *run, const hg_options *options);

/* Notes in a new run what made it: version, suite, time, machine and command. False when memory ran out. */
bool hg_label_run(hg_run *run, const char *suite_name, const hg_options *options);

/* Notes the command line as the one that made this run. Complains and returns false when memory ran out. */
bool hg_set_command(hg_run *run, const hg_options *options);

/* What is given to choose and run a suite. */
typedef struct hg_suite_arguments {
    hg_options common;
    hg_selection selection;
    const char *config;      /* NULL: none */
    const char *cross_check; /* the tool; NULL: none */
    bool torture;            /* make allocations fail in turn, too */
    hg_coverage_wish coverage;
    bool reviews_itself; /* the caller reviews what is alive at exit */
} hg_suite_arguments;

/* To be named as a child of a command's argp; its input is an hg_suite_arguments. */
extern const struct argp hg_suite_argp;

/* Runs the selected cells of a suite, and their cross-check; otherwise as hg_measure. */
int hg_measure_suite(const hg_suite *suite, const hg_suite_arguments *given, hg_run **ret_run);

/* Whether the tool of --cross-check is known and installed; complains if not. */
bool hg_cross_check_prepare(const char *tool);

/* Runs memcheck for each cell of the run that hg_measure made of the plans, and puts the answers into it. The
 * same exit codes as hg_measure. */
int hg_cross_check_run(const hg_plans *plans, const hg_options *options, hg_run *run);

#endif
