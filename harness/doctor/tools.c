#include "doctor/doctor.h"

#include "profile/profile.h"
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { VERSION_SECONDS = 10 };

hg_check *hg_checks_add(hg_checks *checks, hg_check_status status, const char *name, const char *format, ...)
{
    va_list arguments;
    assert(checks->count <= HG_MOST_CHECKS);
    if (checks->count < HG_MOST_CHECKS)
        checks->count++;
    hg_check *check = &checks->checks[checks->count - 1];
    *check = (hg_check){.status = status};
    snprintf(check->name, sizeof check->name, "%s", name);
    va_start(arguments, format);
    vsnprintf(check->found, sizeof check->found, format, arguments);
    va_end(arguments);
    return check;
}

void hg_check_advise(hg_check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->advice, sizeof check->advice, format, arguments);
    va_end(arguments);
}

/* Replaces the line by the first one of a program's --version, unless the program fails or takes too long. */
static const char *ask_version(char *path, char *line, size_t size)
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
    if (nothing >= 0 && hg_process_start(&spec, &process) == 0) {
        while (!hg_process_poll(&process)) {
            struct pollfd gone = {.fd = process.exit_fd, .events = POLLIN};
            poll(&gone, 1, 50);
        }
        if (process.ending == HG_ENDING_EXIT && process.code == 0)
            snprintf(line, size, "%.*s", (int)strcspn(process.log, "\n"), process.log);
    }
    if (nothing >= 0)
        close(nothing);
    return line;
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
        char version[sizeof path] = "does not print its version";
        if (!there)
            hg_check_advise(hg_checks_add(checks, HG_CHECK_MISSING, tools[i].program, "for %s", tools[i].use),
                            "apt install %s", tools[i].package);
        else if (opens) /* a graphical program, which is not started */
            hg_checks_add(checks, HG_CHECK_OK, tools[i].program, "%s", path);
        else
            hg_checks_add(checks, HG_CHECK_OK, tools[i].program, "%s",
                          ask_version(path, version, sizeof version));
    }
}
