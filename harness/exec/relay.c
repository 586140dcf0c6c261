#include "exec/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Bytes: what a pipe has room for before it is known what the program bears, and the most that anybody may
 * ask for. */
enum { FIRST = 32 * 4096, WIDE = 1 << 20 };

bool hg_relay_start(int from, int to, const regex_t *lines, hg_relay *ret_relay)
{
    char *line = malloc(HG_RELAY_LINE + 1);
    if (!line) {
        close(from);
        return false;
    }
    fcntl(from, F_SETFL, O_NONBLOCK);
    fcntl(from, F_SETPIPE_SZ, FIRST);
    *ret_relay = (hg_relay){.from = from, .to = to, .lines = lines, .line = line};
    return true;
}

/* A number in a file of /proc, after a word at the start of a line; 0 where there is none. */
static unsigned long long number_after(const char *path, const char *word, int base)
{
    char line[256];
    unsigned long long number = 0;
    FILE *file = fopen(path, "re");
    while (file && number == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, word, strlen(word)) == 0)
            number = strtoull(line + strlen(word), NULL, base);
    if (file)
        fclose(file);
    return number;
}

/* Whether a write of the process may wait: its output blocks, and it handles no signal of a timer. */
static bool may_wait(pid_t process)
{
    char path[64];
    const int timers[] = {SIGALRM, SIGVTALRM, SIGPROF, SIGIO};
    unsigned long long unasked = ~0ULL << (SIGRTMIN - 1); /* of timer_create, among others */
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
        unasked |= 1ULL << (timers[i] - 1);
    snprintf(path, sizeof path, "/proc/%d/fdinfo/1", (int)process);
    if (number_after(path, "flags:", 8) & O_NONBLOCK)
        return false;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    return (number_after(path, "SigCgt:", 16) & unasked) == 0;
}

/*
 * Each write has a page of the pipe to itself. In a wide pipe that is no use: they are to share the pages.
 * Where the system does not let us at the program's end of the pipe, it holds 256 writes.
 */
static void let_writes_share_pages(const hg_relay *relay)
{
    struct stat ours, theirs;
    int process = (int)syscall(SYS_pidfd_open, relay->process, 0);
    int end = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, STDOUT_FILENO, 0);
    if (process >= 0)
        close(process);
    if (end < 0)
        return;
    if (fstat(relay->from, &ours) == 0 && fstat(end, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
        ours.st_dev == theirs.st_dev)
        fcntl(end, F_SETFL, fcntl(end, F_GETFL) & ~O_DIRECT);
    close(end);
}

/* Only once the program has written: before, it has not said what signals it handles. A pipe cannot be made
 * narrow while more is in it; the next time it can. */
static void set_room(hg_relay *relay)
{
    enum { OFTEN_NS = 10000000 };
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t now = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    if (relay->process <= 0 || relay->wide || (relay->narrow && now - relay->looked_ns < OFTEN_NS))
        return;
    relay->looked_ns = now;
    if (!may_wait(relay->process)) {
        relay->wide = true;
        fcntl(relay->from, F_SETPIPE_SZ, WIDE);
        let_writes_share_pages(relay);
    } else if (!relay->narrow) {
        relay->narrow = fcntl(relay->from, F_SETPIPE_SZ, 1) > 0;
    }
}

static bool write_all(int to, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(to, text, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = to, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return false;
        } else if (written > 0) {
            text += written;
            size -= (size_t)written;
        }
    }
    return true;
}

static bool line_matches(const hg_relay *relay)
{
    relay->line[relay->line_size] = '\0';
    regmatch_t bounds = {.rm_so = 0, .rm_eo = (regoff_t)relay->line_size};
    return regexec(relay->lines, relay->line, 1, &bounds, REG_STARTEND) == 0;
}

static uint64_t count_lines(hg_relay *relay, const char *text, size_t size)
{
    uint64_t count = 0;
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;
        size_t room = HG_RELAY_LINE - relay->line_size;
        size_t kept = length < room ? length : room;
        memcpy(relay->line + relay->line_size, text, kept);
        relay->line_size += kept;
        if (!end)
            return count;
        count += line_matches(relay);
        relay->line_size = 0;
        text = end + 1;
        size -= length + 1;
    }
    return count;
}

uint64_t hg_relay_pass(hg_relay *relay)
{
    enum { MOST_READS = 16 };
    static char buffer[65536];
    uint64_t count = 0;
    for (int i = 0; i < MOST_READS && count == 0 && relay->from >= 0; i++) {
        ssize_t size = read(relay->from, buffer, sizeof buffer);
        if (size < 0)
            return count;
        /* Whoever read our output is gone: so is the reader of the program's, and it is to find out. */
        if (size == 0 || !write_all(relay->to, buffer, (size_t)size)) {
            close(relay->from);
            relay->from = -1;
            return count;
        }
        count += count_lines(relay, buffer, (size_t)size);
        set_room(relay);
    }
    return count;
}

void hg_relay_stop(hg_relay *relay)
{
    if (relay->from >= 0)
        close(relay->from);
    free(relay->line);
    *relay = (hg_relay){.from = -1};
}
