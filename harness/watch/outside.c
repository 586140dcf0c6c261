#include "watch/outside.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t anonymous_bytes(pid_t process)
{
    char path[64];
    long resident;
    long shared;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    int found = fscanf(file, "%*d %ld %ld", &resident, &shared);
    fclose(file);
    /* Of a process that has ended and is not reaped yet, nothing is resident. */
    return found == 2 && resident > 0 ? (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE) : -1;
}

static int64_t count_entries(pid_t process, const char *what)
{
    char path[64];
    int64_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)process, what);
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static int64_t processor_time(pid_t process)
{
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
        return -1;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

hg_outside hg_outside_look(pid_t process)
{
    return (hg_outside){
        .resident_bytes = anonymous_bytes(process),
        .open_files = count_entries(process, "fd"),
        .threads = count_entries(process, "task"),
        .cpu_ns = processor_time(process),
    };
}

void hg_outside_program(pid_t process, char *ret_path, size_t size)
{
    char link[64];
    char path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/%d/exe", (int)process);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || (size_t)length >= size)
        return;
    path[length] = '\0';
    memcpy(ret_path, path, (size_t)length + 1);
}
