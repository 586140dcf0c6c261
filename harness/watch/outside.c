#include "watch/outside.h"

#include "record/memory_files.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* More addresses than the probe maps at once. */
#define MOST_LOOKED_AT (UINT64_C(1) << 30)

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

/* The size of a line of /proc/PID/maps if it is of shared memory, and not the probe's record; else 0. */
static int64_t shared_size(const char *line, bool *ret_segment)
{
    static const char *const kinds[] = {"/dev/shm/", "/memfd:", "/dev/zero", "/SYSV"};
    unsigned long long begin;
    unsigned long long end;
    char mode[5];
    const char *path = strchr(line, '/');
    if (!path || sscanf(line, "%llx-%llx %4s", &begin, &end, mode) != 3 || mode[3] != 's' ||
        strncmp(path, "/memfd:heapgate-", 16) == 0)
        return 0;
    *ret_segment = strncmp(path, "/SYSV", 5) == 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(path, kinds[i], strlen(kinds[i])) == 0)
            return (int64_t)(end - begin);
    return 0;
}

static int64_t shared_resident_bytes(pid_t process)
{
    char line[256];
    long long kibibytes = -1;
    snprintf(line, sizeof line, "/proc/%d/status", (int)process);
    FILE *file = fopen(line, "re");
    while (file && kibibytes < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "RssShmem: %lld kB", &kibibytes) != 1)
            kibibytes = -1;
    if (file)
        fclose(file);
    return kibibytes < 0 ? -1 : kibibytes * 1024;
}

enum { MOST_MEMORY_FILES = 1 << 14 };

/* Gives the number of open files; -1 if it cannot be told. */
static int64_t find_files(pid_t process, hg_memory_files *files)
{
    char path[64];
    int64_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        hg_memory_files_add(files, dirfd(folder), entry->d_name);
    }
    closedir(folder);
    return count;
}

static void find_shared(pid_t process, hg_memory_files *files, hg_outside *seen)
{
    char line[PATH_MAX + 256];
    snprintf(line, sizeof line, "/proc/%d/maps", (int)process);
    FILE *file = fopen(line, "re");
    seen->shared_bytes = seen->segment_bytes = file ? 0 : -1;
    while (file && fgets(line, sizeof line, file)) {
        bool is_segment = false;
        int64_t size = shared_size(line, &is_segment);
        *(is_segment ? &seen->segment_bytes : &seen->shared_bytes) += size;
        if (files->count > 0 && strchr(line, '/'))
            hg_memory_files_leave_mapped(files, line);
    }
    if (file)
        fclose(file);
}

static int64_t count_threads(pid_t process)
{
    char path[64];
    int64_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *folder = opendir(path);
    if (!folder)
        return -1;
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

int64_t hg_outside_processor_ns(pid_t process)
{
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
        return -1;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

double hg_outside_waited(pid_t process)
{
    char path[64];
    unsigned long long waited = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)process);
    FILE *file = fopen(path, "re");
    int found = file ? fscanf(file, "%*u %llu", &waited) : 0;
    if (file)
        fclose(file);
    return found == 1 ? (double)waited / 1e9 : 0;
}

pid_t hg_outside_living(pid_t process)
{
    char path[64], line[256];
    pid_t chosen = process;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(line, 1, sizeof line - 1, file) : 0;
    if (file)
        fclose(file);
    line[size] = '\0';
    const char *state = strrchr(line, ')');
    if (!state || state[1] == '\0' || state[2] != 'Z')
        return process;
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *threads = opendir(path);
    for (const struct dirent *entry; threads && chosen == process && (entry = readdir(threads));)
        if (strtol(entry->d_name, NULL, 10) > 0)
            chosen = (pid_t)strtol(entry->d_name, NULL, 10);
    if (threads)
        closedir(threads);
    return chosen;
}

hg_outside hg_outside_look(pid_t process, bool thorough)
{
    pid_t living = hg_outside_living(process);
    /* Without memory, and where nobody asked, no file is in memory. */
    hg_memory_files files = {.list = thorough ? malloc(MOST_MEMORY_FILES * sizeof *files.list) : NULL};
    files.room = files.list ? MOST_MEMORY_FILES : 0;
    int64_t open_files = find_files(living, &files);
    hg_outside seen = {
        .resident_bytes = anonymous_bytes(living),
        .shared_resident_bytes = shared_resident_bytes(living),
        .open_files = open_files,
        .threads = count_threads(process),
        .cpu_ns = hg_outside_processor_ns(process),
    };
    find_shared(living, &files, &seen);
    seen.largest_held = -1;
    if (thorough)
        seen.held_bytes = hg_memory_files_sum(&files, &seen.largest_held);
    else
        seen.held_bytes = -1;
    free(files.list);
    return seen;
}

int64_t hg_outside_private(pid_t process, uint64_t begin, uint64_t bytes)
{
    enum { AT_ONCE = 4096 };
    const uint64_t present = UINT64_C(1) << 63 | UINT64_C(1) << 56; /* and of this process alone */
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t entries[AT_ONCE];
    char path[64];
    int64_t found = 0;
    snprintf(path, sizeof path, "/proc/%d/pagemap", (int)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t left = bytes < MOST_LOOKED_AT ? bytes / page : 0;
    for (uint64_t at = begin / page; fd >= 0 && left > 0;) {
        size_t wanted = left < AT_ONCE ? left : AT_ONCE;
        ssize_t got = pread(fd, entries, wanted * sizeof *entries, (off_t)(at * sizeof *entries));
        size_t count = got > 0 ? (size_t)got / sizeof *entries : 0;
        for (size_t i = 0; i < count; i++)
            found += (entries[i] & present) == present;
        at += count;
        left = count > 0 ? left - count : 0;
    }
    if (fd >= 0)
        close(fd);
    return found * (int64_t)page;
}

void hg_outside_file(pid_t process, int descriptor, char *ret_path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)process, descriptor);
    ssize_t length = readlink(link, ret_path, size - 1);
    if (length < 0)
        return;
    ret_path[length] = '\0';
    char *deleted = strstr(ret_path, " (deleted)");
    if (deleted)
        *deleted = '\0';
}

/* Numbers are given from the lowest that is free: the newest file lies below the first gap. */
void hg_outside_newest_file(pid_t process, char *ret_path, size_t size)
{
    enum { MOST_FILES = 65536 };
    static const size_t bytes = MOST_FILES / 8;
    char path[64];
    unsigned char *open_ones = calloc(1, bytes);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *folder = open_ones ? opendir(path) : NULL;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        unsigned long number = strtoul(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && number < MOST_FILES)
            open_ones[number / 8] |= (unsigned char)(1u << number % 8);
    }
    unsigned gap = 0;
    while (folder && gap < MOST_FILES && open_ones[gap / 8] & 1u << gap % 8)
        gap++;
    if (folder)
        closedir(folder);
    free(open_ones);
    if (gap > 0)
        hg_outside_file(process, (int)gap - 1, ret_path, size);
}

/* The number that the process knows itself by, in its own namespace. */
static pid_t own_number(pid_t process)
{
    char line[256];
    int number = process;
    snprintf(line, sizeof line, "/proc/%d/status", (int)process);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "NStgid:", 7) == 0 && strrchr(line, '\t'))
            number = atoi(strrchr(line, '\t'));
    if (file)
        fclose(file);
    return number;
}

/* Anybody may write into its folder, so it must be a file, and the user's who runs the process. */
static int open_own_file(pid_t process, const char *path)
{
    char folder[64];
    struct stat found;
    struct stat user;
    snprintf(folder, sizeof folder, "/proc/%d", (int)process);
    if (stat(folder, &user) != 0)
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == user.st_uid))
        return fd;
    close(fd);
    return -1;
}

int hg_outside_open_perf_map(pid_t process)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/root/tmp/perf-%d.map", (int)process, (int)own_number(process));
    return open_own_file(process, path);
}

/* Who writes one maps its first page as code: perf learns of it in this way, too. */
int hg_outside_open_jitdump(pid_t process)
{
    char line[PATH_MAX + 256];
    char path[2 * PATH_MAX];
    char name[32];
    int fd = -1;
    snprintf(name, sizeof name, "/jit-%d.dump\n", (int)own_number(process));
    snprintf(line, sizeof line, "/proc/%d/maps", (int)process);
    FILE *file = fopen(line, "re");
    while (file && fd < 0 && fgets(line, sizeof line, file)) {
        char *mapped = strchr(line, '/');
        char *end = mapped ? strrchr(mapped, '/') : NULL;
        if (!end || strcmp(end, name) != 0)
            continue;
        snprintf(path, sizeof path, "/proc/%d/root%.*s", (int)process, (int)strcspn(mapped, "\n"), mapped);
        fd = open_own_file(process, path);
    }
    if (file)
        fclose(file);
    return fd;
}

void hg_outside_title(pid_t process, char *ret_title, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    size_t length = fread(ret_title, 1, size - 1, file);
    fclose(file);
    /* Words end in a zero, and a title that a program wrote over them may have many. */
    while (length > 0 && (ret_title[length - 1] == '\0' || ret_title[length - 1] == ' '))
        length--;
    for (size_t i = 0; i < length; i++)
        if (ret_title[i] == '\0')
            ret_title[i] = ' ';
    if (length > 0)
        ret_title[length] = '\0';
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

/* The filters of system calls that a thread is under; LONG_MAX where it may make almost none. */
static long count_filters(const char *status_path)
{
    enum { STRICT = 1 };
    char line[256];
    long mode = 0;
    long filters = 1; /* where the kernel does not tell */
    FILE *file = fopen(status_path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Seccomp:", 8) == 0)
            mode = strtol(line + 8, NULL, 10);
        if (strncmp(line, "Seccomp_filters:", 16) == 0)
            filters = strtol(line + 16, NULL, 10);
    }
    if (file)
        fclose(file);
    return mode == STRICT ? LONG_MAX : mode != 0 ? filters : 0;
}

bool hg_outside_is_sandboxed(pid_t process)
{
    char path[64];
    bool found = false;
    long own = count_filters("/proc/self/status");
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *threads = opendir(path);
    for (const struct dirent *entry; threads && !found && (entry = readdir(threads));) {
        snprintf(path, sizeof path, "/proc/%d/task/%.10s/status", (int)process, entry->d_name);
        found = entry->d_name[0] != '.' && count_filters(path) > own;
    }
    if (threads)
        closedir(threads);
    return found;
}
