#include "runner/torture_server.h"

#include "runner/system.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* How long a child that is asked for its stack may take. */
#define ANSWER_SECONDS 0.5

enum { MOST_HELPERS = 256, MOST_DELAYS = 20 };
/* For threads that are about to end. */
enum { MOST_PATIENCE_MS = 100 };

typedef struct job_process {
    pid_t pid;
    int exit_fd, output_fd;
    hg_torture_slot *slot; /* NULL: this entry is free */
    double started, deadline;
    unsigned delays; /* of the deadline */
    bool asked;
} job_process;

typedef struct server {
    const hg_torture_link *link;
    const loaded_workload *workload;
    hg_record_header *header;
    job_process processes[HG_TORTURE_SLOTS];
    uint32_t running;
    uint32_t repeats[2 * HG_TORTURE_SLOTS]; /* jobs that are to be repeated */
    uint32_t repeat_count;
    pid_t helpers[MOST_HELPERS]; /* that the workload itself started, outside of any job */
    size_t helper_count;
} server;

static double seconds(void)
{
    return (double)hg_system_now_ns() / 1e9;
}

static bool say(const server *all, const char *what, int error)
{
    snprintf(all->header->message, sizeof all->header->message, "%s: %s", what, strerror(error));
    return false;
}

/* The children of this process, by the kernel. */
static size_t list_children(pid_t ret_children[MOST_HELPERS])
{
    char text[4096];
    size_t used = 0;
    size_t count = 0;
    snprintf(text, sizeof text, "/proc/self/task/%d/children", (int)getpid());
    int file = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t size = 0;
    while (file >= 0 && used < sizeof text - 1 &&
           (size = read(file, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)size;
    if (file >= 0)
        close(file);
    text[used] = '\0';
    for (char *at = text, *end; count < MOST_HELPERS; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at)
            break;
        ret_children[count++] = (pid_t)pid;
    }
    return count;
}

static void note_helpers(server *all)
{
    all->helper_count = list_children(all->helpers);
}

static bool is_known(const server *all, pid_t pid)
{
    for (size_t i = 0; i < all->helper_count; i++)
        if (all->helpers[i] == pid)
            return true;
    for (size_t i = 0; i < HG_TORTURE_SLOTS; i++)
        if (all->processes[i].slot && all->processes[i].pid == pid)
            return true;
    return false;
}

/* What a job started and left behind has become a child of this process. What that started, too, is next. */
static void end_orphans(const server *all)
{
    pid_t children[MOST_HELPERS];
    bool found = true;
    for (int i = 0; i < 16 && found; i++) {
        found = false;
        size_t count = list_children(children);
        for (size_t j = 0; j < count; j++) {
            if (is_known(all, children[j]))
                continue;
            kill(children[j], SIGKILL);
            waitpid(children[j], NULL, 0);
            found = true;
        }
    }
}

static void keep_output(job_process *process)
{
    hg_torture_slot *slot = process->slot;
    char text[4096];
    ssize_t size;
    while ((size = read(process->output_fd, text, sizeof text)) > 0) {
        const char *from = text;
        size_t more = (size_t)size;
        if (more > HG_TORTURE_OUTPUT) {
            from += more - HG_TORTURE_OUTPUT;
            more = HG_TORTURE_OUTPUT;
        }
        size_t kept = slot->output_size < HG_TORTURE_OUTPUT ? slot->output_size : HG_TORTURE_OUTPUT;
        if (kept > HG_TORTURE_OUTPUT - more) {
            size_t dropped = kept - (HG_TORTURE_OUTPUT - more);
            memmove(slot->output, slot->output + dropped, kept - dropped);
            kept -= dropped;
        }
        memcpy(slot->output + kept, from, more);
        slot->output_size = (uint32_t)(kept + more);
    }
}

static void conclude(server *all, job_process *process, int status)
{
    hg_torture_slot *slot = process->slot;
    keep_output(process);
    close(process->output_fd);
    close(process->exit_fd);
    slot->wait_status = status;
    slot->timed_out = process->asked;
    slot->seconds = seconds() - process->started;
    process->slot = NULL;
    all->running--;
    end_orphans(all);
    if (!slot->is_reference && !slot->is_repeat && slot->stage == HG_TORTURE_FINISHED &&
        slot->differences > 0 && slot->difference[0].blocks > 0)
        all->repeats[all->repeat_count++] = slot->job;
    atomic_store(&slot->state, HG_TORTURE_DONE);
}

/* Whether it wants the processor and has had less than half of its time: the machine is busy with others. */
static bool is_starved(const server *all, job_process *process)
{
    char text[512];
    clockid_t clock;
    struct timespec used;
    snprintf(text, sizeof text, "/proc/%d/stat", (int)process->pid);
    int file = open(text, O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[size > 0 ? size : 0] = '\0';
    const char *name_end = strrchr(text, ')');
    bool wants = name_end && strncmp(name_end, ") R", 3) == 0;
    if (!wants || process->delays == MOST_DELAYS || clock_getcpuclockid(process->pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0)
        return false;
    process->delays++;
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9 < all->link->area->header->limit_seconds / 2;
}

/* False while the process runs. */
static bool look_after(server *all, job_process *process)
{
    int status;
    keep_output(process);
    pid_t ended = waitpid(process->pid, &status, WNOHANG);
    if (ended == process->pid || (ended < 0 && errno == ECHILD)) {
        conclude(all, process, ended > 0 ? status : 0);
        return true;
    }
    if (seconds() < process->deadline)
        return false;
    if (!process->asked && is_starved(all, process)) {
        process->deadline = seconds() + all->link->area->header->limit_seconds;
        return false;
    }
    kill(process->pid, process->asked ? SIGKILL : HG_TORTURE_ASK);
    process->asked = true;
    process->deadline = seconds() + ANSWER_SECONDS;
    return false;
}

/* Waits until at most so many jobs run. */
static void wait_for(server *all, uint32_t most)
{
    while (all->running > most) {
        struct pollfd watched[2 * HG_TORTURE_SLOTS];
        nfds_t count = 0;
        double next = seconds() + 1;
        for (size_t i = 0; i < HG_TORTURE_SLOTS; i++) {
            const job_process *process = &all->processes[i];
            if (!process->slot)
                continue;
            watched[count++] = (struct pollfd){.fd = process->exit_fd, .events = POLLIN};
            watched[count++] = (struct pollfd){.fd = process->output_fd, .events = POLLIN};
            if (process->deadline < next)
                next = process->deadline;
        }
        double left = next - seconds();
        poll(watched, count, left > 0 ? (int)(left * 1000) + 1 : 0);
        /* A child that closed its output makes the pipe readable for ever. */
        for (nfds_t i = 1; i < count; i += 2)
            if (watched[i].revents & POLLHUP && !(watched[i - 1].revents & POLLIN))
                nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        for (size_t i = 0; i < HG_TORTURE_SLOTS; i++)
            if (all->processes[i].slot)
                look_after(all, &all->processes[i]);
    }
}

/* Waits until the driver has read one, if need be. */
static hg_torture_slot *free_slot(server *all)
{
    for (;;) {
        for (size_t i = 0; i < HG_TORTURE_SLOTS; i++)
            if (atomic_load(&all->link->area->slots[i].state) == HG_TORTURE_FREE)
                return &all->link->area->slots[i];
        if (all->running > 0)
            wait_for(all, all->running - 1);
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
}

/* A child that allocates without end must not take the machine's memory before its time is up. */
static void bound_memory(void)
{
    const rlim_t more = (rlim_t)2 << 30;
    unsigned long long pages = 0;
    char text[256];
    struct rlimit limit;
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t size = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[size > 0 ? size : 0] = '\0';
    /* The sixth number: pages of data and stack. */
    if (sscanf(text, "%*u %*u %*u %*u %*u %llu", &pages) != 1 || getrlimit(RLIMIT_DATA, &limit) != 0)
        return;
    rlim_t bound = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    if (bound < limit.rlim_cur) {
        limit.rlim_cur = bound;
        setrlimit(RLIMIT_DATA, &limit);
    }
}

/* In the child: has no descriptors but those that it had without this server. */
static void become(const server *all, const int output[2], pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(HG_RUNNER_STOPPED);
    bound_memory();
    dup2(output[1], STDOUT_FILENO);
    dup2(output[1], STDERR_FILENO);
    close(output[0]);
    close(output[1]);
    for (size_t i = 0; i < HG_TORTURE_SLOTS; i++)
        if (all->processes[i].slot) {
            close(all->processes[i].exit_fd);
            close(all->processes[i].output_fd);
        }
}

static bool start(server *all, uint32_t job, hg_torture_kind kind)
{
    int output[2];
    hg_torture_slot *slot = free_slot(all);
    job_process *process = all->processes;
    while (process->slot)
        process++;
    if (pipe2(output, O_CLOEXEC) < 0)
        return say(all, "cannot make a pipe", errno);
    hg_torture_take_slot(slot, job, kind);
    double now = seconds();
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become(all, output, parent);
        hg_torture_do(all->link, all->workload, all->header, slot);
    }
    int error = errno;
    close(output[1]);
    int exit_fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (pid < 0 || exit_fd < 0) {
        close(output[0]);
        if (pid > 0)
            kill(pid, SIGKILL);
        return say(all, "cannot start a process", error);
    }
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    *process = (job_process){.pid = pid,
                             .exit_fd = exit_fd,
                             .output_fd = output[0],
                             .slot = slot,
                             .started = now,
                             .deadline = now + all->link->area->header->limit_seconds};
    all->running++;
    return true;
}

static bool has_threads(const server *all)
{
    uint32_t patience_ms = MOST_PATIENCE_MS;
    bool others = hg_system_settle_threads(1, &patience_ms) > 1;
    if (others)
        atomic_store(&all->link->area->header->has_threads, 1);
    return others;
}

/* The jobs of which something stayed: what a repeat does not keep more of is kept once, and no leak. */
static bool repeat(server *all, uint32_t parallel)
{
    while (all->repeat_count > 0) {
        wait_for(all, parallel - 1);
        if (!start(all, all->repeats[--all->repeat_count], HG_TORTURE_REPEAT))
            return false;
    }
    return true;
}

/* All jobs of the op; false if no more is to be done. */
static bool do_jobs(server *all, uint32_t *next, uint64_t op)
{
    hg_torture_area *area = all->link->area;
    hg_torture_header *header = area->header;
    uint32_t parallel = header->parallel > 0 && header->parallel < HG_TORTURE_SLOTS ? header->parallel : 1;
    if (*next >= header->jobs || area->jobs[*next].op != op)
        return true;
    if (has_threads(all) || !start(all, *next, HG_TORTURE_REFERENCE))
        return false;
    wait_for(all, 0);
    for (; *next < header->jobs && area->jobs[*next].op == op; atomic_store(&header->next_job, ++*next)) {
        wait_for(all, parallel - 1);
        if (!start(all, *next, HG_TORTURE_FAULT) || !repeat(all, parallel))
            return false;
    }
    wait_for(all, 0);
    bool done = repeat(all, parallel);
    wait_for(all, 0);
    return done;
}

bool hg_torture_serve(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header)
{
    static server all;
    all = (server){.link = link, .workload = workload, .header = header};
    hg_torture_header *area = link->area->header;
    uint32_t next = area->first_job;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    note_helpers(&all);
    for (uint64_t op = 0; next < area->jobs && next < HG_TORTURE_MOST_JOBS; op++) {
        if (!do_jobs(&all, &next, op)) {
            wait_for(&all, 0);
            return header->message[0] == '\0';
        }
        if (next == area->jobs)
            break;
        int status = hg_torture_op(link, workload, header, op).status;
        if (status != 0) {
            snprintf(header->message, sizeof header->message, "heapgate_iterate(%" PRIu64 ") returned %d", op,
                     status);
            return false;
        }
        note_helpers(&all);
    }
    return true;
}
