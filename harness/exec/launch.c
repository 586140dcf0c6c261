#include "exec/launch.h"

#include "record/record.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Puts the parts together, with a colon between those that are not empty, and what the variable held at the
 * end. */
static bool set_list(const char *name, const char *first, const char *second)
{
    char *list;
    const char *inherited = getenv(name);
    bool third = inherited && inherited[0];
    if (asprintf(&list, "%s%s%s%s%s", first, second[0] ? ":" : "", second, third ? ":" : "",
                 third ? inherited : "") < 0)
        return false;
    bool done = setenv(name, list, 1) == 0;
    free(list);
    return done;
}

/*
 * The probe is preloaded by its path, or, where that has a space, at which the dynamic linker would end it,
 * by its name and a folder to search.
 */
static bool set_preload(const hg_launch *launch)
{
    if (!strchr(launch->probe, ' '))
        return set_list("LD_PRELOAD", launch->probe, launch->allocator_library);
    const char *name = strrchr(launch->probe, '/') + 1;
    char *folder = strndup(launch->probe, (size_t)(name - launch->probe - 1));
    bool done = folder && set_list("LD_LIBRARY_PATH", folder, "") &&
                set_list("LD_PRELOAD", name, launch->allocator_library);
    free(folder);
    return done;
}

static bool set_or_unset(const char *name, const char *value)
{
    return (value[0] ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

/*
 * The record is opened through the parent's descriptor, so that the program has none that it would not have
 * without heapgate, and one that it closes does not matter. Called in the child, which has one thread.
 */
static bool set_environment(const hg_launch *launch, pid_t parent)
{
    char record[64];
    snprintf(record, sizeof record, "/proc/%d/fd/%d", (int)parent, launch->record_fd);
    return setenv(HG_ENV_RECORD, record, 1) == 0 && set_or_unset(HG_ENV_CHILDREN, launch->children) &&
           set_or_unset("HEAPGATE_MARKS", launch->marks ? "1" : "") && set_preload(launch);
}

static _Noreturn void become(const hg_launch *launch, pid_t parent, int failure)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    errno = ESRCH;
    if (getppid() == parent && set_environment(launch, parent) &&
        (launch->output < 0 || dup2(launch->output, STDOUT_FILENO) >= 0) &&
        sigprocmask(SIG_SETMASK, launch->signals, NULL) == 0)
        execv(launch->path, launch->arguments);
    int error = errno;
    ssize_t written = write(failure, &error, sizeof error);
    _exit(written < 0 ? 126 : 127);
}

int hg_launch_start(const hg_launch *launch, pid_t *ret_process, int *ret_exit_fd)
{
    int failure[2];
    int error = 0;
    if (pipe2(failure, O_CLOEXEC) < 0)
        return -errno;
    pid_t parent = getpid();
    pid_t process = fork();
    if (process == 0)
        become(launch, parent, failure[1]);
    error = process < 0 ? errno : 0;
    close(failure[1]);
    /* It ends, with nothing in it, when the program has been started. */
    if (process > 0 && read(failure[0], &error, sizeof error) != (ssize_t)sizeof error)
        error = 0;
    close(failure[0]);
    if (error == 0) {
        *ret_exit_fd = (int)syscall(SYS_pidfd_open, process, 0);
        *ret_process = process;
        if (*ret_exit_fd >= 0)
            return 0;
        error = errno;
        kill(process, SIGKILL);
    }
    if (process > 0)
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
            continue;
    return -error;
}
