#include "cli/input.h"

#include "cli/command.h"
#include "model/run_file.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat there;
    return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

/* The files of the runs that were read; those that found no room are not protected. */
enum { MOST_PROTECTED = 1024 };
static struct {
    dev_t device;
    ino_t file;
} read_runs[MOST_PROTECTED];
static size_t read_run_count;

static void protect(const char *path)
{
    struct stat there;
    if (read_run_count == MOST_PROTECTED || stat(path, &there) != 0)
        return;
    read_runs[read_run_count].device = there.st_dev;
    read_runs[read_run_count++].file = there.st_ino;
}

bool hg_is_read_run(const char *path)
{
    struct stat there;
    bool is = false;
    if (stat(path, &there) != 0)
        return false;
    for (size_t i = 0; i < read_run_count; i++)
        is |= read_runs[i].device == there.st_dev && read_runs[i].file == there.st_ino;
    return is;
}

hg_run *hg_read_run(const char *given)
{
    char path[PATH_MAX];
    char message[512];
    hg_run *run = NULL;
    if (!given[0])
        hg_complain("the name of a run is empty; give a run.json, or the folder it is in");
    else if ((size_t)snprintf(path, sizeof path, "%s%s", given, is_folder(given) ? "/run.json" : "") >=
             sizeof path)
        hg_complain("%s: the path is too long", given);
    else if (!(run = hg_run_read(path, message, sizeof message)))
        hg_complain("%s", message);
    if (run)
        protect(path);
    return run;
}

static bool add_path(hg_run_paths *paths, const char *folder, const char *name)
{
    char *path = NULL;
    char **grown = realloc(paths->paths, (paths->count + 1) * sizeof *grown);
    if (grown)
        paths->paths = grown;
    if (!grown || asprintf(&path, "%s%s%s", folder, name[0] ? "/" : "", name) < 0)
        return hg_refuse("out of memory");
    paths->paths[paths->count++] = path;
    return true;
}

static bool has_run(const char *folder, const char *name)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s/run.json", folder, name);
    return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

/* CI systems collect the files of their jobs in one folder, with a subfolder for each job. */
static bool add_runs_within(hg_run_paths *paths, const char *folder)
{
    struct dirent **entries = NULL;
    size_t before = paths->count;
    int count = scandir(folder, &entries, NULL, versionsort);
    bool added = count >= 0;
    if (!added)
        hg_complain("%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (added && entries[i]->d_name[0] != '.' && has_run(folder, entries[i]->d_name))
            added = add_path(paths, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (added && paths->count == before)
        return hg_refuse("%s: there is no run.json in this folder or in its subfolders", folder);
    return added;
}

bool hg_find_runs(char *const *given, size_t count, hg_run_paths *ret_paths)
{
    bool found = true;
    *ret_paths = (hg_run_paths){0};
    for (size_t i = 0; found && i < count; i++)
        found = is_folder(given[i]) && !has_run(given[i], ".") ? add_runs_within(ret_paths, given[i])
                                                               : add_path(ret_paths, given[i], "");
    return found;
}

void hg_run_paths_free(hg_run_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->paths[i]);
    free(paths->paths);
    *paths = (hg_run_paths){0};
}
