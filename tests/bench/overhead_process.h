/*
 * Runs one program to its end and gives what the kernel accounts to it: processor time of all its processes,
 * the peak resident memory of the largest of them, and, where it was given a record, what the probe wrote
 * there.
 *
 * Not thread-safe: one program at a time. Returned values are plain data; nothing is left to free.
 */
#ifndef BENCH_OVERHEAD_PROCESS_H
#define BENCH_OVERHEAD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

enum { PROCESS_WORDS = 24, PROCESS_WORD = 4096, PROCESS_TIME_LIMIT_SECONDS = 90 };

/* Arguments and additions to the environment; add to it with the functions below. */
struct command {
    int argument_count, variable_count;
    char arguments[PROCESS_WORDS][PROCESS_WORD];
    char variables[PROCESS_WORDS][PROCESS_WORD]; /* NAME=value */
    const char *output_path;                     /* receives standard output and error; borrowed */
    bool record;                                 /* give it a record, as heapgate's driver does */
    uint32_t record_mode;                        /* HG_MODE_ flags in it */
};

struct measured {
    int status; /* as of wait */
    double processor_ms, peak_mib;
    uint64_t record_bytes;           /* of the record that were written */
    uint32_t contexts, cut_contexts; /* call stacks in the record, and those of them with frames missing */
    uint64_t unrecorded;             /* allocations without a stack */
};

enum { PROCESS_FOLDER = 64 };

/*
 * Makes a folder for a benchmark, with a link named build in it: LD_PRELOAD takes no path with a space or a
 * colon in it, and the build folder may have one. ret_folder is its path, ret_build that of the link; the
 * caller removes both. False, with errno, when it cannot be made; nothing is left behind then.
 */
bool process_make_folder(const char *build, char ret_folder[PROCESS_FOLDER], char ret_build[PROCESS_FOLDER]);

/* A word's first '@' stands for the folder; a word that does not fit ends the program with a message. */
void command_add_argument(struct command *command, const char *word, const char *folder);
void command_add_variable(struct command *command, const char *word, const char *folder);

/*
 * Runs the command; after PROCESS_TIME_LIMIT_SECONDS it ends by SIGALRM. A program that is not there has the
 * exit status 127. False, with errno, when no process or no record could be made; ret is untouched then.
 */
bool process_measure(const struct command *command, struct measured *ret_measured);

/* Whether it ended with exit status 0. */
bool process_succeeded(const struct measured *measured);

#endif
