#include "doctor/doctor.h"

#include "record/record.h"
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static void check_versions(hg_checks *checks)
{
    struct utsname name;
    int major = 0, minor = 0;
    if (uname(&name) == 0)
        hg_checks_add(checks, HG_CHECK_OK, "kernel", "%.60s %.60s %.60s", name.sysname, name.release,
                      name.machine);
    bool fits = sscanf(gnu_get_libc_version(), "%d.%d", &major, &minor) == 2 && (major > 2 || minor >= 35);
    hg_check *library = hg_checks_add(checks, fits ? HG_CHECK_OK : HG_CHECK_BAD, "C library", "glibc %s",
                                      gnu_get_libc_version());
    if (!fits)
        hg_check_advise(library, "heapgate needs glibc 2.35 or newer");
}

/* Makes the largest record that a cell can need. */
static void check_record(hg_checks *checks)
{
    static const char name[] = "record in memory";
    hg_record record;
    int descriptor;
    int status = hg_record_create(HG_MAX_EPOCHS, &record, &descriptor);
    if (status < 0) {
        hg_check_advise(
            hg_checks_add(checks, HG_CHECK_BAD, name, "cannot be mapped: %s", strerror(-status)),
            "allow memfd_create and large sparse mappings: ulimit -v unlimited, ulimit -f unlimited");
        return;
    }
    hg_checks_add(checks, HG_CHECK_OK, name, "memfd, %llu GiB of address space, sparse",
                  (unsigned long long)(record.mapped_bytes >> 30));
    bool punched =
        madvise(hg_record_shard_at(&record, 0, 0), (size_t)sysconf(_SC_PAGESIZE), MADV_REMOVE) == 0;
    hg_check *holes = hg_checks_add(checks, punched ? HG_CHECK_OK : HG_CHECK_MISSING, "MADV_REMOVE", "%s",
                                    punched ? "frees memory of the record" : strerror(errno));
    if (!punched)
        hg_check_advise(holes, "heapgate exec counts too much for programs that call exec");
    hg_record_close(&record);
    close(descriptor);
}

static void check_proc(hg_checks *checks)
{
    bool there = access("/proc/self/fd", R_OK | X_OK) == 0 && access("/proc/self/statm", R_OK) == 0;
    hg_check *check = hg_checks_add(checks, there ? HG_CHECK_OK : HG_CHECK_BAD, "/proc", "%s",
                                    there ? "mounted" : "not mounted, or hidden");
    if (!there)
        hg_check_advise(check, "mount -t proc proc /proc");
}

static void check_pidfd(hg_checks *checks)
{
    int descriptor = (int)syscall(SYS_pidfd_open, getpid(), 0);
    bool there = descriptor >= 0;
    hg_check *check = hg_checks_add(checks, there ? HG_CHECK_OK : HG_CHECK_MISSING, "pidfd", "%s",
                                    there ? "works" : strerror(errno));
    if (there)
        close(descriptor);
    else
        hg_check_advise(check, "heapgate checks 20 times a second instead; nothing to do");
}

/* heapgate itself has some twenty files open when it runs cells at a time, and the process has its own. */
static void check_limits(hg_checks *checks)
{
    static const struct {
        const char *name;
        __rlimit_resource_t resource;
        rlim_t least;
        const char *advice;
    } limits[] = {
        {"limit of open files", RLIMIT_NOFILE, 64, "ulimit -n 1024"},
        {"limit of address space", RLIMIT_AS, RLIM_INFINITY, "ulimit -v unlimited"},
        {"limit of file size", RLIMIT_FSIZE, RLIM_INFINITY, "ulimit -f unlimited"},
        {"limit of processes", RLIMIT_NPROC, 16, "ulimit -u 1024"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit;
        if (getrlimit(limits[i].resource, &limit) != 0)
            continue;
        bool enough = limit.rlim_cur >= limits[i].least;
        hg_check_status status = enough ? HG_CHECK_OK : HG_CHECK_BAD;
        hg_check *check =
            limit.rlim_cur == RLIM_INFINITY
                ? hg_checks_add(checks, status, limits[i].name, "none")
                : hg_checks_add(checks, status, limits[i].name, "%llu", (unsigned long long)limit.rlim_cur);
        if (!enough)
            hg_check_advise(check, "%s", limits[i].advice);
    }
}

/* The line of a file below /proc/sys; "" if there is none. */
static void read_setting(const char *path, char *ret_line, size_t size)
{
    FILE *file = fopen(path, "re");
    ret_line[0] = '\0';
    if (!file)
        return;
    if (!fgets(ret_line, (int)size, file))
        ret_line[0] = '\0';
    ret_line[strcspn(ret_line, "\n")] = '\0';
    fclose(file);
}

static void note_settings(hg_checks *checks)
{
    char value[32];
    read_setting("/proc/sys/vm/overcommit_memory", value, sizeof value);
    hg_checks_add(checks, HG_CHECK_OK, "overcommit", "vm.overcommit_memory is %s; every value works",
                  value[0] ? value : "unknown");
    read_setting("/proc/sys/kernel/yama/ptrace_scope", value, sizeof value);
    hg_checks_add(checks, HG_CHECK_OK, "ptrace", "not needed%s%s", value[0] ? "; ptrace_scope is " : "",
                  value);
    bool writable = access("/tmp", W_OK | X_OK) == 0;
    hg_check *folder = hg_checks_add(checks, writable ? HG_CHECK_OK : HG_CHECK_MISSING, "/tmp", "%s",
                                     writable ? "writable" : strerror(errno));
    if (!writable)
        hg_check_advise(folder, "make it writable for heapgate profile");
}

void hg_doctor_system(hg_checks *checks)
{
    check_versions(checks);
    check_proc(checks);
    check_record(checks);
    check_pidfd(checks);
    check_limits(checks);
    note_settings(checks);
}
