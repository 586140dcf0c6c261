#include "cli/cli.h"

#include "model/run_file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

hg_run *hg_read_run(const char *given)
{
    char path[PATH_MAX];
    char message[512];
    struct stat stat_of_path;
    if (!given[0]) {
        hg_complain("the name of a run is empty; give a run.json, or the folder it is in");
        return NULL;
    }
    bool folder = stat(given, &stat_of_path) == 0 && S_ISDIR(stat_of_path.st_mode);
    if ((size_t)snprintf(path, sizeof path, "%s%s", given, folder ? "/run.json" : "") >= sizeof path) {
        hg_complain("%s: the path is too long", given);
        return NULL;
    }
    hg_run *run = hg_run_read(path, message, sizeof message);
    if (!run)
        hg_complain("%s", message);
    return run;
}

static bool add_path(hg_run_paths *paths, const char *folder, const char *name)
{
    char *path = NULL;
    char **grown = realloc(paths->paths, (paths->count + 1) * sizeof *grown);
    if (grown)
        paths->paths = grown;
    if (!grown || asprintf(&path, "%s%s%s", folder, name[0] ? "/" : "", name) < 0) {
        hg_complain("out of memory");
        return false;
    }
    paths->paths[paths->count++] = path;
    return true;
}

static bool has_run(const char *folder, const char *name)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s/run.json", folder, name);
    return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

/* A continuous-integration engine puts what each of its jobs left into one folder, a folder a job. */
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
    if (added && paths->count == before) {
        hg_complain("%s: no run.json in it, nor in a folder of it", folder);
        return false;
    }
    return added;
}

bool hg_find_runs(char *const *given, size_t count, hg_run_paths *ret_paths)
{
    struct stat stat_of_path;
    bool found = true;
    *ret_paths = (hg_run_paths){0};
    for (size_t i = 0; found && i < count; i++) {
        bool folder = stat(given[i], &stat_of_path) == 0 && S_ISDIR(stat_of_path.st_mode);
        found = folder && !has_run(given[i], ".") ? add_runs_within(ret_paths, given[i])
                                                  : add_path(ret_paths, given[i], "");
    }
    return found;
}

void hg_run_paths_free(hg_run_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->paths[i]);
    free(paths->paths);
    *paths = (hg_run_paths){0};
}
