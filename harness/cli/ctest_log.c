#include "cli/ctest_log.h"

#include "cli/output.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether it is a file of CTest's: any program may run with a log_path that is not meant for heapgate. */
static bool is_of_ctest(const char *path)
{
    static const char begin[] = "MemoryChecker.";
    const char *name = strrchr(path, '/');
    if (!name || strncmp(name + 1, begin, sizeof begin - 1) != 0)
        return false;
    const char *number = name + sizeof begin;
    size_t digits = strspn(number, "0123456789");
    return digits > 0 && strcmp(number + digits, ".log") == 0;
}

/* The option is log_path='PATH', or with other quotes, or none. */
static bool find_path(char path[PATH_MAX])
{
    static const char option[] = "log_path=";
    const char *options = getenv("LSAN_OPTIONS");
    const char *found = options ? strstr(options, option) : NULL;
    if (!found)
        return false;
    found += sizeof option - 1;
    char ends[] = ":";
    if (*found == '\'' || *found == '"')
        ends[0] = *found++;
    size_t length = strcspn(found, ends);
    if (length >= PATH_MAX)
        return false;
    memcpy(path, found, length);
    path[length] = '\0';
    return is_of_ctest(path);
}

static bool write_leaks(const void *run, FILE *out)
{
    const hg_report_format *format = hg_report_find("ctest");
    return format && format->write(run, NULL, out);
}

bool hg_ctest_log(const hg_run *run)
{
    char path[PATH_MAX];
    char file[PATH_MAX + 32];
    if (!find_path(path))
        return true;
    snprintf(file, sizeof file, "%s.%d", path, (int)getpid());
    return hg_output_to(file, write_leaks, run);
}
