#include "cli/torture_gdb.h"

#include "cli/command.h"
#include "profile/profile.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

bool hg_gdb_is_there(void)
{
    char path[PATH_MAX];
    return hg_tool_path("gdb", path, sizeof path) ||
           hg_refuse("--gdb needs gdb, which is not installed; Debian's package is gdb");
}

pid_t hg_gdb_start(void *user_data, pid_t process, const char *function)
{
    char number[16];
    char frame[1024];
    char path[PATH_MAX];
    const char *words[] = {"gdb", "-q", "-ex", "set confirm off", "-p", number, "-ex", frame, NULL};
    posix_spawnattr_t attributes;
    sigset_t interrupts;
    pid_t gdb;
    (void)user_data;
    if (!hg_tool_path("gdb", path, sizeof path))
        return -ENOENT;
    snprintf(number, sizeof number, "%d", (int)process);
    snprintf(frame, sizeof frame, "frame function %s", function);
    if (function[0] == '\0')
        words[6] = NULL;
    fputs("the process waits in the call that fails: 'continue' goes on, 'quit' ends it\n", stderr);
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    int status = posix_spawnattr_init(&attributes);
    if (status != 0)
        return -status;
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &interrupts);
    signal(SIGINT, SIG_IGN);
    status = posix_spawn(&gdb, path, NULL, &attributes, (char *const *)words, environ);
    posix_spawnattr_destroy(&attributes);
    return status == 0 ? gdb : -status;
}
