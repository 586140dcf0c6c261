#include "exec/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hg_relay_start(int from, int to, const regex_t *lines, hg_relay *ret_relay)
{
    char *line = malloc(HG_RELAY_LINE + 1);
    if (!line) {
        close(from);
        return false;
    }
    fcntl(from, F_SETFL, O_NONBLOCK);
    *ret_relay = (hg_relay){.from = from, .to = to, .lines = lines, .line = line};
    return true;
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
