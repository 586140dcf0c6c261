/*
 * A file as it was where a branch left another one.
 */
#ifndef HG_CLI_GIT_FILE_H
#define HG_CLI_GIT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define HG_COMMIT_SIZE 72 /* room for the name of a commit */

/*
 * Reads the file at the merge base of a revision and HEAD, in the repository of the file's folder; the caller
 * frees the text, which is NULL if there was no such file. Complains and returns false when git cannot be
 * run, does not know the revision, or the file is larger than `most`.
 */
bool hg_git_file(const char *revision, const char *path, size_t most, char **ret_text, size_t *ret_size,
                 char ret_commit[HG_COMMIT_SIZE]);

#endif
