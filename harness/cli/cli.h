/*
 * The command line: one file a subcommand, and what they share. Only this folder prints or exits.
 */
#ifndef HG_CLI_CLI_H
#define HG_CLI_CLI_H

#include "allocators/allocators.h"
#include "driver/cell.h"
#include "formats.h"
#include "model/model.h"
#include "suite/suite.h"
#include <argp.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>

/* Exit codes; part of the interface. */
enum {
    HG_EXIT_PASS = 0,
    HG_EXIT_LEAK = 1,
    HG_EXIT_USAGE = 2,
    HG_EXIT_INCONCLUSIVE = 3,
    HG_EXIT_FAILED = 4,
    HG_EXIT_BLIND = 5,
    HG_EXIT_INTERRUPTED = 130, /* by Ctrl-C, as shells have it */
};

typedef struct hg_command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0] is "heapgate NAME" */
} hg_command;

extern const hg_command hg_command_run, hg_command_check, hg_command_list, hg_command_report;
extern const hg_command hg_command_exec, hg_command_soak;
extern const hg_command hg_command_compare, hg_command_diff, hg_command_merge;
extern const hg_command hg_command_baseline, hg_command_init, hg_command_profile;
extern const hg_command hg_command_doctor;

/* Prints "heapgate: MESSAGE" to standard error and returns HG_EXIT_USAGE. */
int hg_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A name for a message, in which one that is empty would not be seen. */
static inline const char *hg_named(const char *name)
{
    return name[0] ? name : "'' (an empty name)";
}

/* Parses arguments with argp; every error ends the program with HG_EXIT_USAGE and one line. */
void hg_parse(const struct argp *argp, int argc, char **argv, void *input);

/* A name given several times on the command line. */
typedef struct hg_names {
    const char *names[64];
    size_t count;
} hg_names;

/* Options that run and check share. */
typedef struct hg_options {
    hg_names allocators;
    uint64_t ops; /* 0: not given */
    uint32_t rounds;
    uint64_t seed;
    const char *corpus;    /* NULL: none */
    const char *out;       /* NULL: none */
    double budget_seconds; /* 0: not given */
    const char *budget;    /* as given, NULL: not given */
    unsigned parallel;
    bool quiet, verbose, verify;
    bool speed;         /* time the ops without the probe, too; --speed, --no-speed */
    bool speed_refused; /* by --no-speed */
    int argc;           /* of the whole command, for the run model */
    char **argv;
} hg_options;

#define HG_OPTIONS_DEFAULT(argument_count, arguments)                                                        \
    {                                                                                                        \
        .rounds = HG_DEFAULT_ROUNDS, .seed = 1, .argc = (argument_count), .argv = (arguments)                \
    }

/* To be named as a child of a command's argp; its input is an hg_options. */
extern const struct argp hg_options_argp;

bool hg_names_add(hg_names *names, const char *name);
/* Whether the name was given, or none was given at all. */
bool hg_names_select(const hg_names *names, const char *name);

/* A whole number from least to most, or an argp error that names the option. */
uint64_t hg_parse_number(const struct argp_state *state, const char *option, const char *text, uint64_t least,
                         uint64_t most);

/*
 * Each gives the value, or names the option in an error and ends the program. wanted says what the text is
 * not: "a duration; write 90s or 10m".
 */
double hg_parse_real(const char *option, const char *text, double least, double most, const char *wanted);
double hg_parse_time(const char *option, const char *text, double least, double most, const char *wanted);
double hg_parse_bytes_per_op(const char *option, const char *text); /* from 0 */
double hg_parse_slowdown(const char *option, const char *text); /* how many times as long an op may take */
const hg_allocator *hg_parse_allocator(const char *name);       /* of --allocator */

/* Where heapgate's own parts lie: below the folder of the program, or where an installation puts them. */
typedef struct hg_places {
    char folder[PATH_MAX]; /* of the heapgate program */
    char runner[PATH_MAX];
    char probe[PATH_MAX], probe_jemalloc[PATH_MAX]; /* see hg_places_probe */
} hg_places;

/* Complains and returns false when a part is missing. */
bool hg_places_find(hg_places *ret_places);

/* Another part by its file name, absolute. Complains and returns false when it is missing. */
bool hg_places_find_part(const hg_places *places, const char *name, char ret_path[PATH_MAX]);

/* The probe for an allocator. */
const char *hg_places_probe(const hg_places *places, const char *allocator);

/*
 * The suite of the file given; without one that of heapgate.yaml in this folder, else the built-in one. The
 * caller's; NULL after complaining.
 */
hg_suite *hg_choose_suite(const char *config);

/* Cells to run, with the strings they borrow. */
typedef struct hg_plans {
    hg_cell_plan *plans;
    size_t count;
    uint32_t shard, shards; /* 1-based; shards 0: this is all there is */
    size_t suite_cells;     /* of all shards */
    char **strings;
    size_t string_count;
} hg_plans;

typedef struct hg_selection {
    hg_names workloads, subjects;
    uint32_t shard, shards; /* 1-based; shards 0: all */
    const char *times;      /* a former run, to divide by its times; NULL: none */
} hg_selection;

/* A cell of a suite, before it is planned. */
typedef struct hg_suite_cell {
    const hg_suite_workload *workload;
    const hg_suite_subject *subject;
    const char *allocator;
} hg_suite_cell;

/* Gives each cell its shard, from 1. Complains and returns false when it cannot. */
bool hg_shard_divide(const hg_suite_cell *cells, size_t count, const hg_selection *selection,
                     uint32_t *ret_shards);

/* What is given to choose and run a suite. */
typedef struct hg_suite_arguments {
    hg_options common;
    hg_selection selection;
    const char *config;      /* NULL: none */
    const char *cross_check; /* the tool; NULL: none */
} hg_suite_arguments;

/* To be named as a child of a command's argp; its input is an hg_suite_arguments. */
extern const struct argp hg_suite_argp;

/* Runs the selected cells of a suite; like hg_measure, and says so when interrupted. */
int hg_measure_suite(const hg_suite *suite, const hg_suite_arguments *given, hg_run **ret_run);

/* Plans the selected cells of a suite. HG_EXIT_PASS, or the exit code after complaining. */
int hg_plan_suite(const hg_suite *suite, const hg_selection *selection, const hg_options *options,
                  const hg_places *places, hg_plans *ret_plans);
/* One build of the library under test, for a plug-in that is not in a suite. */
typedef struct hg_build {
    const char *subject;
    const char *folder; /* as given; NULL: the library that the plug-in finds by itself */
    hg_expect expect;
    double max_bytes_per_op; /* growth that is allowed */
    double max_slowdown;     /* against the build "before" that is allowed; 0: any */
} hg_build;

/* Plans one plug-in on the chosen allocators: against itself, or against two builds. */
int hg_plan_plugin(const char *plugin, const hg_build *builds, size_t build_count, const hg_options *options,
                   const hg_places *places, hg_plans *ret_plans);
void hg_plans_free(hg_plans *plans);

/*
 * Runs the plans. HG_EXIT_PASS with *ret_run the caller's, HG_EXIT_INTERRUPTED with what had ended by then in
 * it, or HG_EXIT_USAGE after complaining, with *ret_run untouched.
 */
int hg_measure(hg_plans *plans, const char *suite_name, const hg_options *options, hg_run **ret_run);
/* Becomes 1 at Ctrl-C or SIGTERM once hg_catch_interrupts was called, which hg_measure does. */
extern volatile sig_atomic_t hg_interrupted;
void hg_catch_interrupts(void);

/* Runs memcheck for each cell of the run that hg_measure made of the plans, and puts the answers into it.
 * HG_EXIT_PASS, HG_EXIT_INTERRUPTED, or HG_EXIT_USAGE after complaining. */
int hg_cross_check_run(const hg_plans *plans, const hg_options *options, hg_run *run);
/* Whether the tool of --cross-check is known and installed; complains if not. */
bool hg_cross_check_prepare(const char *tool);

/* Prints the table and writes the reports to --out; gives the exit code. */
int hg_conclude(hg_run *run, const hg_options *options);
/* Both. */
int hg_execute(hg_plans *plans, const char *suite_name, const hg_options *options);

/* Prints the report, or with --quiet the outcome. */
void hg_print_run(const hg_run *run, const hg_options *options);

/* Says in a new run what made it: version, suite, time, machine and command. False when memory ran out. */
bool hg_label_run(hg_run *run, const char *suite_name, const hg_options *options);

/* Makes the command line the one that made this run. Complains and returns false when memory ran out. */
bool hg_set_command(hg_run *run, const hg_options *options);

/* The words as a shell takes them, in quotes where they need it. The caller's; NULL when memory ran out. */
char *hg_quote_command(int argc, char *const *argv);

/* Reads a run.json, or the one in a folder. The caller's; NULL after complaining. */
hg_run *hg_read_run(const char *given);

/* Paths of runs, owned. */
typedef struct hg_run_paths {
    char **paths;
    size_t count;
} hg_run_paths;

/* The runs that are given: each itself, or for a folder without a run.json those in its folders, by name.
 * Complains and returns false where there is none. */
bool hg_find_runs(char *const *given, size_t count, hg_run_paths *ret_paths);
void hg_run_paths_free(hg_run_paths *paths);

/* How text is printed to standard output: colour on a terminal without NO_COLOR, UTF-8 where it is taken. */
hg_report_options hg_output_style(bool verbose);
/* The same for hg_output_to; a file is UTF-8 without colour. */
hg_report_options hg_output_style_for(const char *path, bool verbose);

/* Makes sure that reports can be written to the folder, before any work is done. Complains and returns false
 * if not. */
bool hg_output_prepare(const char *folder);
/* Whether a person's terminal, by its locale, takes UTF-8. */
bool hg_output_takes_utf8(void);
/* Writes data to a stream; false when memory ran out. */
typedef bool (*hg_output_writer)(const void *data, FILE *out);
/*
 * Writes a file of the folder: beside the target, flushed and then renamed, so that a full disk or a sudden
 * end leaves the old file or none. to_disk: wait until it would outlive the machine's end, too. 0 or an
 * errno.
 */
int hg_output_replace(const char *folder, const char *name, hg_output_writer write, const void *data,
                      bool to_disk);
/*
 * Writes to the file that the user named, or to standard output where that is NULL. A file that is there
 * stays as it is if it cannot be written in full. Complains and returns false on failure.
 */
bool hg_output_to(const char *path, hg_output_writer write, const void *data);
/* Whether the file can be written later, before any work is done. Complains and returns false if not. */
bool hg_output_is_writable(const char *option, const char *path);
/* run.json, by hg_output_replace, while a run goes on. */
int hg_output_replace_run(const char *folder, const hg_run *run, bool to_disk);
/* Says once that a file cannot be written, and once that it can be again. *told: the errno that was told, or
 * 0. */
void hg_output_tell_change(int *told, int error, const char *folder, const char *name);
/* To the disk; complains and returns false on failure. */
bool hg_output_file(const char *folder, const char *name, hg_output_writer write, const void *data);
/* Takes away the reports of an earlier run: while a new one goes on they must not be taken for its own. */
void hg_output_forget(const char *folder);
/* Writes every report of the run to the folder. Complains and returns false on failure. */
bool hg_output_write(const hg_run *run, const char *folder);

#endif
