/*
 * Runs that the user names: a run.json, or a folder that has one.
 */
#ifndef HG_CLI_INPUT_H
#define HG_CLI_INPUT_H

#include "model/model.h"
#include <stdbool.h>

/* Reads a run.json, or the one in a folder. The caller's; NULL after complaining. */
hg_run *hg_read_run(const char *given);

/* Whether the path is that of a run that was read: to write there would lose it. */
bool hg_is_read_run(const char *path);

/* Paths of runs, owned. A zeroed one is empty. */
typedef struct hg_run_paths {
    char **paths;
    size_t count;
} hg_run_paths;

/* The runs given: each itself, or those in the subfolders of a folder without a run.json, sorted by name.
 * Complains and returns false where there is none. */
bool hg_find_runs(char *const *given, size_t count, hg_run_paths *ret_paths);
void hg_run_paths_free(hg_run_paths *paths);

#endif
