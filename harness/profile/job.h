/*
 * What a tool's adapter works with: one file a tool (memcheck.c, massif.c, ...), each with a function that
 * makes the command and one that reads what came of it.
 */
#ifndef HG_PROFILE_JOB_H
#define HG_PROFILE_JOB_H

#include "profile/profile.h"
#include <limits.h>
#include <stdio.h>

struct hg_profile_job {
    const hg_cell_plan *plan;
    char program[PATH_MAX]; /* the tool's */
    const char *folder;     /* for its files, without spaces or quotes, short */
    uint32_t checkpoints, warmup_checkpoints;
    char *message; /* of the profile */
    size_t message_size;
    char scratch[8][PATH_MAX]; /* for words and variables that are made */
    size_t scratch_used;
};

/* Bytes of the path of a temporary folder. */
#define HG_TEMPORARY_FOLDER 256u

/*
 * Makes a temporary folder: in TMPDIR, or in /tmp where that is not set, or too long, or has characters at
 * which a tool would take it apart. 0, or a negative errno with the path empty.
 */
int hg_temporary_folder_make(char ret_path[HG_TEMPORARY_FOLDER]);

/* A word or variable made for this job, cut to PATH_MAX. At most eight. */
const char *hg_job_word(hg_profile_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

void hg_command_word(hg_tool_command *command, const char *word);
void hg_command_variable(hg_tool_command *command, const char *variable);

/* Fills the message; always false. */
bool hg_job_fail(hg_profile_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Opens a file of the folder for reading; NULL after hg_job_fail. */
FILE *hg_job_open(hg_profile_job *job, const char *name);

/*
 * Runs a program to its end, with standard input from and output to files of the folder, NULL for none. What
 * it says on standard error is lost. False after hg_job_fail. words: NULL-terminated, [0] an absolute path.
 */
bool hg_job_help(hg_profile_job *job, const char *const *words, const char *input, const char *output);

/* Room for the counts at every checkpoint, zeroed. */
bool hg_job_checkpoints(hg_profile_job *job, hg_profile *profile);

/* The adapters. */
bool hg_memcheck_command(hg_profile_job *job, hg_tool_command *ret_command);
bool hg_memcheck_read(hg_profile_job *job, hg_profile *profile);
bool hg_massif_command(hg_profile_job *job, hg_tool_command *ret_command);
bool hg_massif_read(hg_profile_job *job, hg_profile *profile);
bool hg_dhat_command(hg_profile_job *job, hg_tool_command *ret_command);
bool hg_dhat_read(hg_profile_job *job, hg_profile *profile);
bool hg_heaptrack_command(hg_profile_job *job, hg_tool_command *ret_command);
bool hg_heaptrack_read(hg_profile_job *job, hg_profile *profile);
bool hg_jeprof_command(hg_profile_job *job, hg_tool_command *ret_command);
bool hg_jeprof_read(hg_profile_job *job, hg_profile *profile);

#endif
