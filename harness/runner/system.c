#include "runner/system.h"

#include "record/memory_files.h"
#include "record/record.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

/* The first three numbers of a file, or those that there are, one at least. Allocates nothing. */
static bool read_numbers(const char *path, long ret_numbers[3])
{
    char text[128];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    memset(ret_numbers, 0, 3 * sizeof *ret_numbers);
    return sscanf(text, "%ld %ld %ld", &ret_numbers[0], &ret_numbers[1], &ret_numbers[2]) >= 1;
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

static int64_t resource_limit(__rlimit_resource_t resource)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= INT64_MAX)
        return INT64_MAX;
    return (int64_t)limit.rlim_cur;
}

hg_limits hg_system_limits(void)
{
    long numbers[3];
    bool known = read_numbers("/proc/sys/vm/max_map_count", numbers);
    int64_t mappings = known ? numbers[0] : INT64_MAX;
    known = read_numbers("/proc/sys/kernel/shmmni", numbers);
    return (hg_limits){
        .files = resource_limit(RLIMIT_NOFILE),
        .mappings = mappings,
        .segments = known ? numbers[0] : INT64_MAX,
        .address_space_bytes = resource_limit(RLIMIT_AS),
    };
}

int64_t hg_system_count_mappings(void)
{
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    char text[4096];
    int64_t lines = 0;
    ssize_t length;
    while ((length = read(file, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < length; i++)
            lines += text[i] == '\n';
    close(file);
    return length < 0 ? -1 : lines;
}

/* Where descriptors cannot be counted, it may be for lack of one. */
static bool has_no_descriptor_left(void)
{
    int made = memfd_create("heapgate-runner", MFD_CLOEXEC);
    bool none = made < 0 && (errno == EMFILE || errno == ENFILE);
    if (made >= 0)
        close(made);
    return none;
}

uint32_t hg_system_at_limit(const hg_limits *limits, int64_t files, int64_t mappings)
{
    enum { NEAR = 4 }; /* so many short of a limit is at it */
    uint32_t flags = 0;
    long pages[3];
    if (files < 0 ? has_no_descriptor_left() : files >= limits->files - NEAR)
        flags |= HG_LIMIT_FILES;
    if (mappings >= limits->mappings - NEAR)
        flags |= HG_LIMIT_MAPPINGS;
    /* Allocators ask for it in pieces of 64 MiB at most. */
    if (limits->address_space_bytes < INT64_MAX && read_numbers("/proc/self/statm", pages) &&
        pages[0] * sysconf(_SC_PAGESIZE) >= limits->address_space_bytes - (INT64_C(64) << 20))
        flags |= HG_LIMIT_ADDRESS_SPACE;
    const hg_memory_segments segments = hg_memory_segments_of(getpid());
    if (segments.own > 0 && segments.all >= limits->segments - NEAR)
        flags |= HG_LIMIT_SEGMENTS;
    pthread_key_t key;
    if (pthread_key_create(&key, NULL) == 0)
        pthread_key_delete(key);
    else
        flags |= HG_LIMIT_KEYS;
    return flags;
}

/* Calls visit, which may be NULL, for each entry but . and .. and the descriptor that reads; gives their
 * number, or -1. */
static int64_t visit_entries(const char *path, void (*visit)(int directory, const char *name))
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
            at += entry->d_reclen;
            if (entry->d_name[0] == '.' || own)
                continue;
            count++;
            if (visit)
                visit(directory, entry->d_name);
        }
    }
    close(directory);
    return filled < 0 ? -1 : count;
}

int64_t hg_system_count_entries(const char *path)
{
    return visit_entries(path, NULL);
}

enum { MOST_FILES = 1 << 12 };
static hg_memory_file memory_file_list[MOST_FILES];
static hg_memory_files memory_files = {.list = memory_file_list, .room = MOST_FILES};

static void add_file(int directory, const char *name)
{
    hg_memory_files_add(&memory_files, directory, name);
}

int64_t hg_system_held_bytes(char *ret_name, size_t size)
{
    char path[64];
    int largest;
    memory_files.count = 0;
    visit_entries("/proc/self/fd", add_file);
    int64_t held = hg_memory_files_sum(&memory_files, &largest);
    snprintf(path, sizeof path, "/proc/self/fd/%d", largest);
    ssize_t length = largest < 0 ? 0 : readlink(path, ret_name, size - 1);
    ret_name[length > 0 ? length : 0] = '\0';
    return held + hg_memory_segments_of(getpid()).bytes;
}

int64_t hg_system_resident_bytes(uint64_t begin, uint64_t bytes)
{
    enum { AT_ONCE = 4096 };
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    unsigned char pages[AT_ONCE];
    int64_t found = 0;
    for (uint64_t at = 0; at < bytes; at += AT_ONCE * page) {
        uint64_t length = bytes - at < AT_ONCE * page ? bytes - at : AT_ONCE * page;
        if (mincore((void *)(uintptr_t)(begin + at), length, pages) != 0)
            break;
        for (uint64_t i = 0; i < (length + page - 1) / page; i++)
            found += (pages[i] & 1) != 0;
    }
    return found * (int64_t)page;
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
