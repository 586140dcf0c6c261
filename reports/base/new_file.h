/*
 * A file that replaces another as a whole: it is written beside it, under a name that nobody can guess, and
 * takes its name at the end. Nobody reads half of it, and two writers do not mix; the last one stays.
 *
 *     hg_new_file file;
 *     FILE *out = hg_new_file_begin(&file, path);
 *     bool whole = out && fprintf(out, ...) >= 0;
 *     int error = hg_new_file_end(&file, whole, true);
 */
#ifndef HG_BASE_NEW_FILE_H
#define HG_BASE_NEW_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct hg_new_file {
    FILE *out;
    const char *target; /* borrowed until the end */
    char path[PATH_MAX];
    int error; /* why it could not be opened */
} hg_new_file;

/* NULL when the file cannot be made; hg_new_file_end gives the reason. */
FILE *hg_new_file_begin(hg_new_file *file, const char *target);

/*
 * Closes the file. If it is whole and was written without an error, it becomes the target; otherwise it is
 * removed, and the target stays as it was. to_disk: wait until it would survive a power failure. Gives 0 or
 * an errno: that of the last failure, which for a file that is not whole is errno at the call.
 */
int hg_new_file_end(hg_new_file *file, bool whole, bool to_disk);

/* Removes what writers that were killed left in the folder; none may be at work there. */
void hg_new_file_clean(const char *folder);

#endif
