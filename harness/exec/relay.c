#include "exec/relay.h"

#include "record/relay_pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool hg_relay_start(int from, int to, const regex_t *lines, hg_relay *ret_relay)
{
    char *line = malloc(HG_RELAY_LINE + 1);
    if (!line) {
        close(from);
        return false;
    }
    fcntl(from, F_SETFL, O_NONBLOCK);
    fcntl(from, F_SETPIPE_SZ, 1); /* a page */
    *ret_relay = (hg_relay){.from = from, .to = to, .lines = lines, .line = line};
    return true;
}

uint64_t hg_relay_inode(int pipe)
{
    struct stat found;
    return pipe >= 0 && fstat(pipe, &found) == 0 ? found.st_ino : 0;
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
    snprintf(path, sizeof path, "/proc/%d/fdinfo/1", (int)process);
    if (number_after(path, "flags:", 8) & O_NONBLOCK)
        return false;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    return (number_after(path, "SigCgt:", 16) & HG_RELAY_TIMERS) == 0;
}

/* The probe sets it at once (probe/relayed.h), but for what it does not see: another program that writes into
 * the same pipe, and what was done by a system call. */
static void set_room(hg_relay *relay)
{
    enum { OFTEN_NS = 10000000 };
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t now = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    if (relay->process <= 0 || relay->wide || now - relay->looked_ns < OFTEN_NS)
        return;
    relay->looked_ns = now;
    relay->wide = !may_wait(relay->process);
    if (relay->wide)
        fcntl(relay->from, F_SETPIPE_SZ, HG_RELAY_WIDE);
}

/* Gives 0 or the error. */
static int write_all(int to, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(to, text, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = to, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return errno;
        } else if (written > 0) {
            text += written;
            size -= (size_t)written;
        }
    }
    return 0;
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
        int error = size > 0 ? write_all(relay->to, buffer, (size_t)size) : 0;
        /* Whoever read our output is gone: so is the reader of the program's, and it is to find out. */
        if (size == 0 || error == EPIPE) {
            close(relay->from);
            relay->from = -1;
            return count;
        }
        relay->error = relay->error ? relay->error : error;
        count += count_lines(relay, buffer, (size_t)size);
        set_room(relay);
    }
    return count;
}

void hg_relay_pass_rest(hg_relay *relay)
{
    enum { MOST_WRITES = 256 };
    struct pollfd rest = {.fd = relay->from, .events = POLLIN};
    for (int i = 0; i < MOST_WRITES && relay->from >= 0 && poll(&rest, 1, 0) > 0; i++)
        hg_relay_pass(relay);
}

void hg_relay_stop(hg_relay *relay)
{
    if (relay->from >= 0)
        close(relay->from);
    free(relay->line);
    *relay = (hg_relay){.from = -1};
}
