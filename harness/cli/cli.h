/*
 * The command line: one file a subcommand, and what they share. Only this folder prints or exits.
 */
#ifndef HG_CLI_CLI_H
#define HG_CLI_CLI_H

#include "cell.h"
#include "model.h"
#include "suite.h"
#include <argp.h>
#include <limits.h>
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

/* Prints "heapgate: MESSAGE" to standard error and returns HG_EXIT_USAGE. */
int hg_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

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
    const char *corpus; /* NULL: none */
    const char *out;    /* NULL: none */
    unsigned parallel;
    bool quiet, verbose, verify;
    int argc; /* of the whole command, for the run model */
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

/* Where heapgate's own parts lie: below the folder of the program itself. */
typedef struct hg_places {
    char folder[PATH_MAX]; /* of the heapgate program */
    char runner[PATH_MAX], probe[PATH_MAX];
} hg_places;

/* Complains and returns false when a part is missing. */
bool hg_places_find(hg_places *ret_places);

/*
 * The suite of the file given; without one that of heapgate.yaml in this folder, else the built-in one. The
 * caller's; NULL after complaining.
 */
hg_suite *hg_choose_suite(const char *config);

/* Cells to run, with the strings they borrow. */
typedef struct hg_plans {
    hg_cell_plan *plans;
    size_t count;
    char **strings;
    size_t string_count;
} hg_plans;

typedef struct hg_selection {
    hg_names workloads, subjects;
    uint32_t shard, shards; /* 1-based; shards 0: all */
} hg_selection;

/* Plans the selected cells of a suite. HG_EXIT_PASS, or the exit code after complaining. */
int hg_plan_suite(const hg_suite *suite, const hg_selection *selection, const hg_options *options,
                  const hg_places *places, hg_plans *ret_plans);
/* Plans one plug-in on the chosen allocators. */
int hg_plan_plugin(const char *plugin, const hg_options *options, const hg_places *places,
                   hg_plans *ret_plans);
void hg_plans_free(hg_plans *plans);

/* Runs the plans, prints the table, writes the reports; gives the exit code. */
int hg_execute(hg_plans *plans, const char *suite_name, const hg_options *options);

/* Makes sure that reports can be written to the folder, before any work is done. Complains and returns false
 * if not. */
bool hg_output_prepare(const char *folder);
/* Whether a person's terminal, by its locale, takes UTF-8. */
bool hg_output_takes_utf8(void);
/* Writes every report of the run to the folder. Complains and returns false on failure. */
bool hg_output_write(const hg_run *run, const char *folder);

#endif
