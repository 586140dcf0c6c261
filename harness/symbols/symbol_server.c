#include "symbols/symbol_server.h"

#include "symbols/confine.h"
#include "symbols/module_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool read_all(int socket, void *bytes, size_t size)
{
    for (char *at = bytes; size > 0;) {
        ssize_t got = recv(socket, at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_all(int socket, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* What is to be sent, until it is enough: a client wakes up for each part. */
static struct {
    char bytes[4096];
    size_t used;
} outbox;

static bool flush(int socket)
{
    bool sent = write_all(socket, outbox.bytes, outbox.used);
    outbox.used = 0;
    return sent;
}

static bool put(int socket, const void *bytes, size_t size)
{
    if (size > sizeof outbox.bytes - outbox.used && !flush(socket))
        return false;
    if (size > sizeof outbox.bytes)
        return write_all(socket, bytes, size);
    memcpy(outbox.bytes + outbox.used, bytes, size);
    outbox.used += size;
    return true;
}

static uint32_t text_size(const char *text)
{
    return (uint32_t)strnlen(text, HG_ANSWERED_TEXT);
}

static bool send_answer(int socket, const hg_symbol *found, size_t count)
{
    hg_symbol_part parts[HG_ANSWERED_SYMBOLS] = {0};
    hg_symbol_answer answer = {.count =
                                   (uint32_t)(count < HG_ANSWERED_SYMBOLS ? count : HG_ANSWERED_SYMBOLS)};
    for (uint32_t i = 0; i < answer.count; i++) {
        parts[i] = (hg_symbol_part){.line = found[i].line,
                                    .inlined = found[i].inlined,
                                    .function_size = text_size(found[i].function),
                                    .file_size = text_size(found[i].file)};
        answer.text_size += parts[i].function_size + parts[i].file_size;
    }
    bool sent = put(socket, &answer, sizeof answer) && put(socket, parts, answer.count * sizeof *parts);
    for (uint32_t i = 0; sent && i < answer.count; i++)
        sent = put(socket, found[i].function, parts[i].function_size) &&
               put(socket, found[i].file, parts[i].file_size);
    return sent && flush(socket);
}

/* False when the client is gone. */
static bool serve_one(int socket, const hg_symbol_reading *reading, hg_symbol_reader *reader)
{
    static const hg_symbol nothing = {.function = "", .file = ""};
    char path[HG_ASKED_PATH + 1];
    uint8_t build_id[HG_ASKED_BUILD_ID];
    hg_symbol_request request;
    if (!read_all(socket, &request, sizeof request) || request.path_size > HG_ASKED_PATH ||
        request.build_id_size > HG_ASKED_BUILD_ID || !read_all(socket, path, request.path_size) ||
        !read_all(socket, build_id, request.build_id_size))
        return false;
    path[request.path_size] = '\0';
    const hg_module_id id = {path, build_id, request.build_id_size};
    size_t count = 1;
    const hg_symbol *found = &nothing;
    if (!hg_module_file_is_special(path))
        found = reading->find(reader, &id, request.offset, &count);
    if (!found)
        _exit(HG_SYMBOL_SERVER_NO_MEMORY);
    return send_answer(socket, found, count);
}

/* It has no files but its socket, writes no message and hears no signals of a terminal. */
static void withdraw(int socket)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    static const int usual[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    sigset_t none;
    prctl(PR_SET_NAME, "heapgate-syms");
    setsid();
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        signal(usual[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int kept = fcntl(socket, F_DUPFD, STDERR_FILENO + 1);
    int null = open("/dev/null", O_RDWR);
    if (kept < 0 || null < 0)
        _exit(1);
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        dup2(null, file);
    dup2(kept, STDERR_FILENO + 1);
    close_range(STDERR_FILENO + 2, UINT_MAX, 0);
}

static _Noreturn void serve(int socket, const hg_symbol_reading *reading)
{
    withdraw(socket);
    hg_confine(reading->memory_bytes);
    hg_symbol_reader *reader = hg_symbol_reader_new();
    if (!reader)
        _exit(HG_SYMBOL_SERVER_NO_MEMORY);
    while (serve_one(STDERR_FILENO + 1, reading, reader))
        continue;
    _exit(0);
}

int hg_symbol_server_start(const hg_symbol_reading *reading, pid_t *ret_process, int *ret_socket)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid_t process = fork();
    if (process == 0)
        serve(ends[1], reading);
    int error = errno;
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return -error;
    }
    *ret_process = process;
    *ret_socket = ends[0];
    return 0;
}
