/*
 * What is new in a git work tree since a revision, line by line, and which lines went. Prints complaints.
 */
#ifndef HG_CLI_GIT_DIFF_H
#define HG_CLI_GIT_DIFF_H

#include "base/buffer.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Lines of one file that are new or changed. */
typedef struct hg_diff_range {
    size_t path; /* its place in the texts; from the top of the work tree, or "" for a file that went */
    long first, last;
} hg_diff_range;

/* A line that went. */
typedef struct hg_diff_gone {
    size_t text, context; /* without the blanks around it; the line that began its function, as git has it */
    size_t taken_path;    /* for whoever finds it again elsewhere; SIZE_MAX: nobody did */
    long taken_line;
} hg_diff_gone;

typedef struct hg_git_diff {
    char top[PATH_MAX]; /* of the work tree */
    hg_buffer texts, ranges, gone;
} hg_git_diff;

/*
 * Of the work tree around the folder, since the revision, or since the branch of HEAD left it. Lines of
 * submodules are among them, and files that git does not track yet. False after complaining; ret_diff is to
 * be freed either way.
 */
bool hg_git_diff_read(const char *folder, const char *since, hg_git_diff *ret_diff);
void hg_git_diff_free(hg_git_diff *diff);

size_t hg_git_diff_ranges(const hg_git_diff *diff, const hg_diff_range **ret_ranges);
size_t hg_git_diff_gone(hg_git_diff *diff, hg_diff_gone **ret_gone);
const char *hg_git_diff_text(const hg_git_diff *diff, size_t place);

#endif
