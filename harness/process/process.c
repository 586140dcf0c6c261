#include "process/process.h"

#include "process/guardian.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double hg_process_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/*
 * The record under its number, which may lie beyond the soft limit of open files: the workload keeps that
 * limit.
 */
static bool hand_over(int record_fd)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    struct rlimit raised = {.rlim_cur = HG_RECORD_DESCRIPTOR + 1, .rlim_max = limit.rlim_max};
    bool is_low = limit.rlim_cur < raised.rlim_cur;
    return (!is_low || setrlimit(RLIMIT_NOFILE, &raised) == 0) &&
           dup2(record_fd, HG_RECORD_DESCRIPTOR) >= 0 && fcntl(HG_RECORD_DESCRIPTOR, F_SETFD, 0) == 0 &&
           (!is_low || setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* Between fork and exec: only what is safe there. */
static _Noreturn void become(const hg_process_spec *spec, int output, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int input = open("/dev/null", O_RDONLY);
    if (getppid() == parent && setpgid(0, 0) == 0 && input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0 && hand_over(spec->record_fd)) {
        /* What else is open here, libdw's files among it, is no business of the workload. */
        close_range(STDERR_FILENO + 1, HG_RECORD_DESCRIPTOR - 1, CLOSE_RANGE_CLOEXEC);
        close_range(HG_RECORD_DESCRIPTOR + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
        execve(spec->arguments[0], spec->arguments, spec->environment);
    }
    static const char failure[] = "cannot start the runner\n";
    ssize_t written = write(STDERR_FILENO, failure, sizeof failure - 1);
    _exit(written < 0 ? 126 : 127);
}

int hg_process_start(const hg_process_spec *spec, hg_process *ret_process)
{
    int output[2];
    if (pipe2(output, O_CLOEXEC) < 0)
        return -errno;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(spec, output[1], parent);
    int error = errno;
    close(output[1]);
    if (pid < 0) {
        close(output[0]);
        return -error;
    }
    hg_guardian_watch(pid);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    double now = hg_process_now();
    *ret_process = (hg_process){
        .pid = pid,
        .exit_fd = (int)syscall(SYS_pidfd_open, pid, 0),
        .output_fd = output[0],
        .started = now,
        .deadline = now + spec->time_limit_seconds,
        .memory_limit_bytes = spec->memory_limit_bytes,
    };
    return 0;
}

/* The log is a text: a terminal shows nothing for a zero byte, either, and all that follows it. Gives the new
 * size. */
static size_t drop_zeros(char *text, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\0')
            text[kept++] = text[i];
    return kept;
}

static void keep_tail(hg_process *process, const char *text, size_t size)
{
    if (size > HG_LOG_BYTES) {
        text += size - HG_LOG_BYTES;
        size = HG_LOG_BYTES;
    }
    size_t room = HG_LOG_BYTES - size;
    if (process->log_size > room) {
        memmove(process->log, process->log + process->log_size - room, room);
        process->log_size = room;
    }
    memcpy(process->log + process->log_size, text, size);
    process->log_size += size;
    process->log[process->log_size] = '\0';
}

static void read_output(hg_process *process)
{
    enum { MOST_READS = 64 }; /* a process that writes without end must not hold up the others */
    char buffer[4096];
    for (int i = 0; i < MOST_READS && process->output_fd >= 0; i++) {
        ssize_t size = read(process->output_fd, buffer, sizeof buffer);
        if (size < 0)
            return;
        if (size == 0) {
            close(process->output_fd);
            process->output_fd = -1;
            return;
        }
        keep_tail(process, buffer, drop_zeros(buffer, (size_t)size));
    }
}

static uint64_t resident_bytes(pid_t pid)
{
    char path[64];
    unsigned long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    if (fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool has_exited(const hg_process *process)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

static void reap(hg_process *process)
{
    int status = 0;
    kill(-process->pid, SIGKILL); /* what it left behind in its group */
    while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    hg_guardian_forget(process->pid);
    read_output(process);
    if (process->exit_fd >= 0)
        close(process->exit_fd);
    if (process->output_fd >= 0)
        close(process->output_fd);
    process->exit_fd = process->output_fd = -1;
    if (process->ending != HG_ENDING_NONE)
        return;
    process->ending = WIFEXITED(status) ? HG_ENDING_EXIT : HG_ENDING_SIGNAL;
    process->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

bool hg_process_poll(hg_process *process)
{
    if (process->ending != HG_ENDING_NONE)
        return true;
    read_output(process);
    if (!has_exited(process)) {
        if (hg_process_now() > process->deadline)
            process->ending = HG_ENDING_TIME_LIMIT;
        else if (process->memory_limit_bytes && resident_bytes(process->pid) > process->memory_limit_bytes)
            process->ending = HG_ENDING_MEMORY_LIMIT;
        else
            return false;
        kill(process->pid, SIGKILL);
    }
    reap(process);
    return true;
}

void hg_process_stop(hg_process *process)
{
    if (process->pid <= 0 || process->ending != HG_ENDING_NONE)
        return;
    kill(process->pid, SIGKILL);
    reap(process);
}
