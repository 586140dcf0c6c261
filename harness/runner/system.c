#include "runner/system.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) != 0)
        return 0;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

hg_clock hg_system_clock(void)
{
    return (hg_clock){
        .wall_ns = nanoseconds(CLOCK_MONOTONIC),
        .cpu_ns = nanoseconds(CLOCK_PROCESS_CPUTIME_ID),
    };
}

int64_t hg_system_now_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

/* The first three numbers of a file. Allocates nothing. */
static bool read_numbers(const char *path, long ret_numbers[3])
{
    char text[128];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    return sscanf(text, "%ld %ld %ld", &ret_numbers[0], &ret_numbers[1], &ret_numbers[2]) == 3;
}

int64_t hg_system_delay_ns(void)
{
    long numbers[3]; /* ns that it ran and waited, and how often */
    return read_numbers("/proc/thread-self/schedstat", numbers) ? numbers[1] : 0;
}

int64_t hg_system_anonymous_bytes(void)
{
    long numbers[3]; /* pages in all, resident, shared */
    if (!read_numbers("/proc/self/statm", numbers))
        return -1;
    return (int64_t)(numbers[1] - numbers[2]) * sysconf(_SC_PAGESIZE);
}

int64_t hg_system_count_entries(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return -1;
    char number[16];
    snprintf(number, sizeof number, "%d", directory);
    alignas(struct dirent64) char buffer[2048];
    int64_t count = 0;
    ssize_t filled;
    while ((filled = getdents64(directory, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < filled;) {
            struct dirent64 *entry = (struct dirent64 *)(void *)(buffer + at);
            bool own = strcmp(path, "/proc/self/fd") == 0 && strcmp(entry->d_name, number) == 0;
            if (entry->d_name[0] != '.' && !own)
                count++;
            at += entry->d_reclen;
        }
    }
    close(directory);
    return filled < 0 ? -1 : count;
}

int64_t hg_system_settle_threads(int64_t before, uint32_t *patience_ms)
{
    enum { LONGEST_PAUSE_MS = 32 };
    int64_t threads = hg_system_count_entries("/proc/self/task");
    for (uint32_t pause_ms = 1; threads > before && pause_ms <= LONGEST_PAUSE_MS && pause_ms <= *patience_ms;
         pause_ms *= 2) {
        nanosleep(&(struct timespec){.tv_nsec = (long)pause_ms * 1000000}, NULL);
        *patience_ms -= pause_ms;
        threads = hg_system_count_entries("/proc/self/task");
    }
    return threads;
}
