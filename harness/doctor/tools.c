#include "doctor/doctor.h"

#include "profile/profile.h"
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { VERSION_SECONDS = 10 };

hg_check *hg_checks_add(hg_checks *checks, hg_check_status status, const char *name)
{
    assert(checks->count <= HG_MOST_CHECKS);
    if (checks->count < HG_MOST_CHECKS)
        checks->count++;
    hg_check *check = &checks->checks[checks->count - 1];
    *check = (hg_check){.status = status};
    snprintf(check->name, sizeof check->name, "%s", name);
    return check;
}

/* The first line of a program's --version; "" if the program fails or takes too long. */
static void ask_version(char *path, char *ret_line, size_t size)
{
    static char option[] = "--version";
    char *const words[] = {path, option, NULL};
    char *const variables[] = {NULL};
    hg_process process;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    const hg_process_spec spec = {.arguments = words,
                                  .environment = variables,
                                  .record_fd = nothing,
                                  .time_limit_seconds = VERSION_SECONDS};
    ret_line[0] = '\0';
    if (nothing >= 0 && hg_process_start(&spec, &process) == 0) {
        while (!hg_process_poll(&process)) {
            struct pollfd gone = {.fd = process.exit_fd, .events = POLLIN};
            poll(&gone, 1, 50);
        }
        if (process.ending == HG_ENDING_EXIT && process.code == 0)
            snprintf(ret_line, size, "%.*s", (int)strcspn(process.log, "\n"), process.log);
    }
    if (nothing >= 0)
        close(nothing);
}

void hg_doctor_tools(hg_checks *checks)
{
    static const struct {
        const char *program, *package, *use;
    } tools[] = {
        {"valgrind", "valgrind", "profile --with memcheck, massif and dhat, and run --cross-check"},
        {"heaptrack", "heaptrack", "profile --with heaptrack"},
        {"heaptrack_gui", "heaptrack-gui", "opening what heaptrack wrote"},
        {"jeprof", "libjemalloc-dev", "profile --with jeprof"},
        {"addr2line", "binutils", "jeprof's names"},
        {"kcachegrind", "kcachegrind", "opening what memcheck wrote"},
        {"massif-visualizer", "massif-visualizer", "opening what massif wrote"},
        {"google-pprof", "google-perftools", "opening heapgate's pprof report"},
    };
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        char path[sizeof checks->checks[0].found];
        bool there = hg_tool_path(tools[i].program, path, sizeof path);
        bool opens = strncmp(tools[i].use, "opening", strlen("opening")) == 0;
        hg_check *check = hg_checks_add(checks, there ? HG_CHECK_OK : HG_CHECK_MISSING, tools[i].program);
        if (!there) {
            snprintf(check->found, sizeof check->found, "for %s", tools[i].use);
            snprintf(check->advice, sizeof check->advice, "apt install %s", tools[i].package);
        } else if (opens) {
            /* a graphical program is not started */
            snprintf(check->found, sizeof check->found, "%s", path);
        } else {
            ask_version(path, check->found, sizeof check->found);
            if (!check->found[0])
                snprintf(check->found, sizeof check->found, "does not print its version");
        }
    }
}
