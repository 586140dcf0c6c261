/*
 * A subcommand: one file each, with an argp table and a run function. Only the folder cli/ prints or exits.
 */
#ifndef HG_CLI_COMMAND_H
#define HG_CLI_COMMAND_H

#include <argp.h>
#include <stdbool.h>

/* Exit codes; part of the interface. */
enum {
    HG_EXIT_PASS = 0,
    HG_EXIT_LEAK = 1,
    HG_EXIT_USAGE = 2,
    HG_EXIT_INCONCLUSIVE = 3,
    HG_EXIT_FAILED = 4,
    HG_EXIT_BLIND = 5,
    HG_EXIT_INTERRUPTED = 130, /* by Ctrl-C, as shells report it */
};

typedef struct hg_command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv); /* argv[0] is "heapgate NAME" */
} hg_command;

extern const hg_command hg_command_run, hg_command_check, hg_command_list, hg_command_report;
extern const hg_command hg_command_exec, hg_command_attach, hg_command_detach, hg_command_soak,
    hg_command_torture, hg_command_coverage;
extern const hg_command hg_command_compare, hg_command_diff, hg_command_merge;
extern const hg_command hg_command_baseline, hg_command_init, hg_command_profile;
extern const hg_command hg_command_doctor, hg_command_known, hg_command_audit, hg_command_judge;

/* Prints "heapgate: MESSAGE" to standard error and returns HG_EXIT_USAGE. */
int hg_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a function that returns false on failure. */
#define hg_refuse(...) (hg_complain(__VA_ARGS__) == HG_EXIT_PASS)

/* A name for a message; an empty one would not be seen there. */
static inline const char *hg_named(const char *name)
{
    return name[0] ? name : "'' (an empty name)";
}

/* Parses arguments with argp; every error ends the program with HG_EXIT_USAGE and one line. */
void hg_parse(const struct argp *argp, int argc, char **argv, void *input);

#endif
