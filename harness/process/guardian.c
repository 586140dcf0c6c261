#include "process/guardian.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The driver's end; -1: no guardian. */
static int guardian = -1;

enum { MOST_GROUPS = 2048 };

/* A group to watch, or one to forget as a negative number. */
static void note(pid_t *groups, size_t *count, pid_t said)
{
    if (said > 0 && *count < MOST_GROUPS)
        groups[(*count)++] = said;
    for (size_t i = 0; said < 0 && i < *count; i++)
        if (groups[i] == -said) {
            groups[i] = groups[--*count];
            return;
        }
}

/* A terminal's signals are for the driver. */
static void keep_out_of_the_way(int from)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    setsid();
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    prctl(PR_SET_NAME, "heapgate-guard");
    dup2(from, STDIN_FILENO);
    close_range(STDOUT_FILENO, UINT_MAX, 0);
}

static _Noreturn void guard(int from)
{
    static pid_t groups[MOST_GROUPS];
    size_t count = 0;
    pid_t said;
    keep_out_of_the_way(from);
    for (;;) {
        ssize_t size = recv(STDIN_FILENO, &said, sizeof said, 0);
        if (size == (ssize_t)sizeof said)
            note(groups, &count, said);
        else if (size >= 0 || errno != EINTR)
            break;
    }
    for (size_t i = 0; i < count; i++)
        kill(-groups[i], SIGKILL);
    _exit(0);
}

int hg_guardian_start(void)
{
    int ends[2];
    if (guardian >= 0)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        guard(ends[1]);
    }
    int error = errno;
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return -error;
    }
    guardian = ends[0];
    return 0;
}

static void say(pid_t what)
{
    if (guardian >= 0 && send(guardian, &what, sizeof what, MSG_NOSIGNAL) < 0 && errno == EPIPE) {
        close(guardian);
        guardian = -1;
    }
}

void hg_guardian_watch(pid_t group)
{
    say(group);
}

void hg_guardian_forget(pid_t group)
{
    say(-group);
}
