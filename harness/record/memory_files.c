#include "record/memory_files.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool is_on_tmpfs(int folder, const char *number)
{
    struct statfs system = {0};
    int file = openat(folder, number, O_PATH | O_CLOEXEC);
    bool found = file >= 0 && fstatfs(file, &system) == 0 && system.f_type == TMPFS_MAGIC;
    if (file >= 0)
        close(file);
    return found;
}

/* A file system that is not in memory may let whoever asks for a file's size wait: its name is asked for
 * first. */
static bool is_in_memory(int folder, const char *number)
{
    static const char deleted[] = " (deleted)";
    const size_t tail = sizeof deleted - 1;
    char target[PATH_MAX];
    ssize_t length = readlinkat(folder, number, target, sizeof target - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    if (strncmp(target, "/memfd:", 7) == 0)
        return strncmp(target, "/memfd:heapgate-", 16) != 0;
    if (strncmp(target, "/dev/shm/", 9) == 0)
        return true;
    return (size_t)length > tail && strcmp(target + length - tail, deleted) == 0 &&
           is_on_tmpfs(folder, number);
}

static int compare_files(const void *left, const void *right)
{
    const hg_memory_file *a = left;
    const hg_memory_file *b = right;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* The place of the file in the list, or of the first one behind it. */
static size_t place_of(const hg_memory_files *files, const hg_memory_file *file)
{
    size_t from = 0;
    size_t to = files->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_files(&files->list[middle], file) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static hg_memory_file *find(const hg_memory_files *files, const hg_memory_file *file)
{
    size_t place = place_of(files, file);
    bool found = place < files->count && compare_files(&files->list[place], file) == 0;
    return found ? &files->list[place] : NULL;
}

void hg_memory_files_add(hg_memory_files *files, int folder, const char *number)
{
    struct stat seen;
    if (files->count == files->room || !is_in_memory(folder, number) ||
        fstatat(folder, number, &seen, 0) != 0)
        return;
    const hg_memory_file file = {.device = seen.st_dev,
                                 .inode = seen.st_ino,
                                 .bytes = (int64_t)seen.st_blocks * 512,
                                 .descriptor = (int)strtol(number, NULL, 10)};
    size_t place = place_of(files, &file);
    if (find(files, &file))
        return;
    memmove(files->list + place + 1, files->list + place, (files->count - place) * sizeof file);
    files->list[place] = file;
    files->count++;
}

void hg_memory_files_leave_mapped(hg_memory_files *files, const char *line)
{
    unsigned long long begin;
    unsigned long long end;
    unsigned major_number;
    unsigned minor_number;
    unsigned long long inode;
    if (files->count == 0 || !strchr(line, '/') ||
        sscanf(line, "%llx-%llx %*s %*s %x:%x %llu", &begin, &end, &major_number, &minor_number, &inode) != 5)
        return;
    const hg_memory_file key = {.device = makedev(major_number, minor_number), .inode = inode};
    hg_memory_file *file = find(files, &key);
    if (file)
        file->bytes -= (int64_t)(end - begin);
}

int64_t hg_memory_files_sum(const hg_memory_files *files, int *ret_largest)
{
    int64_t sum = 0;
    int64_t most = 0;
    *ret_largest = -1;
    for (size_t i = 0; i < files->count; i++) {
        int64_t bytes = files->list[i].bytes;
        sum += bytes > 0 ? bytes : 0;
        if (bytes > most) {
            most = bytes;
            *ret_largest = files->list[i].descriptor;
        }
    }
    return sum;
}

static void add_segment(const char *line, pid_t process, hg_memory_segments *segments)
{
    int maker;
    unsigned long long size;
    unsigned long long attached;
    unsigned long long resident;
    /* key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap */
    if (sscanf(line, "%*d %*d %*o %llu %d %*d %llu %*u %*u %*u %*u %*u %*u %*u %llu", &size, &maker,
               &attached, &resident) != 4)
        return;
    segments->all++;
    if (maker != (int)process)
        return;
    segments->own++;
    if (resident < INT64_MAX / 4 && segments->bytes < INT64_MAX / 4)
        segments->bytes += (int64_t)resident;
    if (attached == 0 && size < INT64_MAX / 4 && segments->apart < INT64_MAX / 4)
        segments->apart += (int64_t)size;
}

hg_memory_segments hg_memory_segments_of(pid_t process)
{
    char text[4096];
    size_t kept = 0;
    ssize_t length;
    hg_memory_segments segments = {0};
    int file = open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC);
    while (file >= 0 && (length = read(file, text + kept, sizeof text - 1 - kept)) > 0) {
        text[kept + (size_t)length] = '\0';
        char *line = text;
        for (char *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            add_segment(line, process, &segments);
        }
        kept = strlen(line);
        memmove(text, line, kept);
        if (kept == sizeof text - 1)
            break;
    }
    if (file >= 0)
        close(file);
    return segments;
}
