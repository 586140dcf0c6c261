#include "cli.h"

#include "reports.h"
#include <stdio.h>
#include <sys/stat.h>

hg_run *hg_read_run(const char *given)
{
    char path[PATH_MAX];
    char message[512];
    struct stat stat_of_path;
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
