#include "runner/workload_clock.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The runner's own code, by the names that the linker gives its ends. */
extern const char own_begin[] __asm__("__executable_start");
extern const char own_end[] __asm__("etext");

static int (*real_gettime)(clockid_t clock, struct timespec *ret_time);
static int (*real_get)(struct timespec *ret_time, int base);
/* Code that reads a clock, and is neither the runner's nor the workload's: of allocators, of the probe. */
enum { MOST_OTHERS = 8 };
static struct {
    uintptr_t begin, end;
} others[MOST_OTHERS];
static size_t other_count;

static _Atomic int64_t ahead_seconds;
static atomic_bool was_read;

static int note_other(struct dl_phdr_info *info, size_t size, void *unused)
{
    static const char *const names[] = {"/libheapgate-probe", "/libjemalloc", "/libmimalloc", "/libtcmalloc"};
    bool is_other = false;
    (void)size;
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        is_other |= strstr(info->dlpi_name, names[i]) != NULL;
    for (uint16_t i = 0; is_other && i < info->dlpi_phnum && other_count < MOST_OTHERS; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        others[other_count].begin = info->dlpi_addr + part->p_vaddr;
        others[other_count].end = others[other_count].begin + part->p_memsz;
        other_count++;
    }
    return 0;
}

void hg_workload_clock_start(void)
{
    dl_iterate_phdr(note_other, NULL);
    void *found = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&real_gettime, &found, sizeof real_gettime);
    found = dlsym(RTLD_NEXT, "timespec_get");
    memcpy(&real_get, &found, sizeof real_get);
}

bool hg_workload_clock_was_read(void)
{
    return atomic_load(&was_read);
}

void hg_workload_clock_forward(int64_t seconds)
{
    atomic_fetch_add(&ahead_seconds, seconds);
}

static bool tells_time(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI;
}

/* What a clock is ahead for whoever calls from there. */
static int64_t ahead_for(const void *caller)
{
    uintptr_t own = (uintptr_t)own_begin;
    if ((uintptr_t)caller - own < (uintptr_t)own_end - own)
        return 0;
    for (size_t i = 0; i < other_count; i++)
        if ((uintptr_t)caller >= others[i].begin && (uintptr_t)caller < others[i].end)
            return 0;
    if (real_gettime && !atomic_load_explicit(&was_read, memory_order_relaxed))
        atomic_store_explicit(&was_read, true, memory_order_relaxed);
    return atomic_load_explicit(&ahead_seconds, memory_order_relaxed);
}

static int read_clock(clockid_t clock, struct timespec *ret_time, int64_t ahead)
{
    int status =
        real_gettime ? real_gettime(clock, ret_time) : (int)syscall(SYS_clock_gettime, clock, ret_time);
    if (status == 0 && tells_time(clock))
        ret_time->tv_sec += ahead;
    return status;
}

#pragma GCC visibility push(default)

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    return read_clock(clock, ret_time, ahead_for(__builtin_return_address(0)));
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;
    int status = read_clock(CLOCK_REALTIME, &now, ahead_for(__builtin_return_address(0)));
    if (status == 0)
        *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    if (zone)
        memset(zone, 0, sizeof(struct timezone));
    return status;
}

time_t time(time_t *ret_time)
{
    struct timespec now;
    if (read_clock(CLOCK_REALTIME_COARSE, &now, ahead_for(__builtin_return_address(0))) != 0)
        return (time_t)-1;
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *ret_time, int base)
{
    int64_t ahead = ahead_for(__builtin_return_address(0));
    if (base != TIME_UTC)
        return real_get ? real_get(ret_time, base) : 0;
    return read_clock(CLOCK_REALTIME, ret_time, ahead) == 0 ? base : 0;
}

#pragma GCC visibility pop
