#include "cli/exec_serve.h"

#include "cli/command.h"
#include "cli/exec_alert.h"
#include "model/run_file.h"
#include "process/process.h"
#include "serve/pages.h"
#include "watch/outside.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENDING_PATIENCE 3.0 /* seconds for the last answers */
#define POLITENESS      5   /* nice value: the program goes first */

typedef enum news_kind {
    NEWS_RUN,    /* with a descriptor of run.json */
    NEWS_RECORD, /* of a child, with its descriptor */
    NEWS_GONE,   /* the child with this number */
    NEWS_OVER,   /* the program has ended */
} news_kind;

typedef struct news {
    news_kind kind;
    pid_t process;
    uint64_t number;
} news;

typedef union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
} control;

/* False: it could not be sent now. fd: -1 for none. */
static bool send_news(int socket, const news *what, int fd)
{
    control extra = {0};
    struct iovec part = {.iov_base = (void *)what, .iov_len = sizeof *what};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = extra.bytes;
        message.msg_controllen = sizeof extra.bytes;
        extra.head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&extra.head), &fd, sizeof fd);
    }
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof *what;
}

/* False: there is none now. ret_fd: -1 where it has none. ret_over: nobody is there to send more. */
static bool receive_news(int socket, news *ret_news, int *ret_fd, bool *ret_over)
{
    control extra;
    struct iovec part = {.iov_base = ret_news, .iov_len = sizeof *ret_news};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = extra.bytes, .msg_controllen = sizeof extra.bytes};
    *ret_fd = -1;
    ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    *ret_over |= got == 0;
    const struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (head && head->cmsg_type == SCM_RIGHTS)
        memcpy(ret_fd, CMSG_DATA(head), sizeof *ret_fd);
    return got == (ssize_t)sizeof *ret_news;
}

/* The server's process from here on. */
typedef struct serving {
    hg_pages pages;
    hg_heap *heaps;
    hg_run *run;
    hg_server *server;
    hg_exec_alert alert;
    hg_recent recent;
    int socket;
    bool over;
} serving;

static void path_of(int fd, char ret_path[64])
{
    snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
}

static void take_run(serving *now, int fd)
{
    char path[64], message[256];
    path_of(fd, path);
    hg_run *run = hg_run_read(path, message, sizeof message);
    if (run) {
        hg_run_free(now->run);
        now->run = run;
        now->pages.run = run;
        hg_exec_alert_judged(&now->alert, &now->pages, path);
    }
    close(fd);
}

static void add_heap(serving *now, const news *what, int fd)
{
    char path[64];
    hg_heap *heap = &now->heaps[now->pages.heap_count];
    path_of(fd, path);
    if (now->pages.heap_count == HG_PAGES_HEAPS || hg_record_open(path, &heap->record) < 0) {
        close(fd);
        return;
    }
    heap->process = what->process;
    heap->number = what->number;
    heap->record_fd = fd;
    heap->program[0] = '\0';
    now->pages.heap_count++;
}

static void remove_heap(serving *now, uint64_t number)
{
    for (size_t i = 1; i < now->pages.heap_count; i++)
        if (now->heaps[i].number == number) {
            hg_record_close(&now->heaps[i].record);
            close(now->heaps[i].record_fd);
            now->heaps[i] = now->heaps[--now->pages.heap_count];
            return;
        }
}

static void take_news(serving *now)
{
    news what;
    int fd;
    while (receive_news(now->socket, &what, &fd, &now->over)) {
        if (what.kind == NEWS_RUN && fd >= 0)
            take_run(now, fd);
        else if (what.kind == NEWS_RECORD && fd >= 0)
            add_heap(now, &what, fd);
        else if (what.kind == NEWS_GONE)
            remove_heap(now, what.number);
        else
            now->over = true;
    }
}

static void name_programs(serving *now)
{
    for (size_t i = 0; i < now->pages.heap_count; i++)
        hg_outside_program(now->heaps[i].process, now->heaps[i].program, sizeof now->heaps[i].program);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void serve_on(serving *now)
{
    double end = 0;
    while (end == 0 || (hg_server_is_busy(now->server) && hg_process_now() < end)) {
        struct pollfd watched[] = {
            {.fd = hg_server_descriptor(now->server), .events = POLLIN},
            {.fd = end > 0 ? -1 : now->socket, .events = POLLIN},
        };
        int wait_ms = least(hg_server_wait_ms(now->server), hg_exec_alert_wait_ms(&now->alert));
        wait_ms = least(wait_ms, hg_recent_wait_ms(&now->recent));
        poll(watched, 2, end > 0 ? least(wait_ms, 100) : wait_ms);
        take_news(now);
        hg_recent_look(&now->recent, now->heaps, now->pages.heap_count);
        hg_exec_alert_step(&now->alert, &now->pages, now->over);
        if (now->over && end == 0) {
            end = hg_process_now() + ENDING_PATIENCE;
            hg_server_hurry(now->server);
        }
        name_programs(now);
        hg_server_run(now->server);
    }
}

static int64_t started_ns(const hg_session *session)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)(session->seconds * 1e9);
}

static const hg_resource resources[] = {HG_PAGES_RESOURCES};

static int run_server(const hg_exec_serve *serve, const hg_session *session, int socket)
{
    const hg_watched *program = &session->program;
    serving now = {.socket = socket,
                   .heaps = calloc(HG_PAGES_HEAPS, sizeof *now.heaps),
                   .alert = {.folder = serve->folder,
                             .most_a_day = serve->snapshots,
                             .asks_holders = serve->asks_holders}};
    if (!now.heaps)
        return 1;
    setpriority(PRIO_PROCESS, 0, POLITENESS);
    now.heaps[0] = (hg_heap){
        .process = program->process, .number = 1, .record = program->record, .record_fd = program->record_fd};
    now.pages = (hg_pages){.heaps = now.heaps,
                           .heap_count = 1,
                           .symbols = hg_symbols_new(),
                           .name = serve->run->suite,
                           .command = serve->run->command,
                           .probe = serve->probe,
                           .recent = &now.recent,
                           .started_ns = started_ns(session)};
    const hg_server_plan plan = {.listener = &serve->listener,
                                 .token = serve->token,
                                 .resources = resources,
                                 .resource_count = sizeof resources / sizeof *resources,
                                 .data = &now.pages};
    now.server = now.pages.symbols ? hg_server_start(&plan) : NULL;
    if (now.server)
        serve_on(&now);
    hg_recent_free(&now.recent);
    hg_exec_alert_clear(&now.alert);
    hg_server_stop(now.server);
    hg_symbols_free(now.pages.symbols);
    return 0;
}

bool hg_exec_serve_open(const char *address, const char *token, const char *probe, hg_exec_serve *ret_serve)
{
    char message[512];
    *ret_serve = (hg_exec_serve){.token = token, .probe = probe, .socket = -1, .number = 1};
    if (!hg_listener_open(address, token != NULL, &ret_serve->listener, message, sizeof message))
        return hg_refuse("--serve: %s", message);
    return true;
}

static void start_server(hg_exec_serve *serve, const hg_session *session)
{
    int ends[2];
    pid_t heapgate = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        hg_complain("cannot serve: %s; the program runs on", strerror(errno));
        serve->process = -1;
        return;
    }
    serve->process = fork();
    if (serve->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        _exit(getppid() == heapgate ? run_server(serve, session, ends[1]) : 0);
    }
    close(ends[1]);
    if (serve->process < 0)
        hg_complain("cannot serve: %s; the program runs on", strerror(errno));
    serve->socket = ends[0];
    close(serve->listener.fd);
    serve->listener.fd = -1;
}

static ino_t record_of(const hg_watched *child)
{
    struct stat file;
    return fstat(child->record_fd, &file) == 0 ? file.st_ino : 0;
}

static bool is_served(const hg_exec_serve *serve, const hg_watched *child)
{
    ino_t record = record_of(child);
    for (uint32_t i = 0; i < serve->child_count; i++)
        if (serve->children[i].process == child->process && serve->children[i].record == record)
            return true;
    return false;
}

static bool is_alive(const hg_session *session, const hg_exec_served *served)
{
    for (uint32_t i = 0; i < session->child_count; i++) {
        const hg_watched *child = &session->children[i];
        if (child->exit_fd >= 0 && child->process == served->process && record_of(child) == served->record)
            return true;
    }
    return false;
}

/* What cannot be sent now is sent the next time. */
static void tell_children(hg_exec_serve *serve, const hg_session *session)
{
    for (uint32_t i = serve->child_count; i-- > 0;) {
        const news gone = {.kind = NEWS_GONE, .number = serve->children[i].number};
        if (!is_alive(session, &serve->children[i]) && send_news(serve->socket, &gone, -1))
            serve->children[i] = serve->children[--serve->child_count];
    }
    for (uint32_t i = 0; i < session->child_count && serve->child_count < HG_MOST_CHILDREN; i++) {
        const hg_watched *child = &session->children[i];
        const news came = {.kind = NEWS_RECORD, .process = child->process, .number = serve->number + 1};
        if (child->exit_fd < 0 || is_served(serve, child) ||
            !send_news(serve->socket, &came, child->record_fd))
            continue;
        serve->number++;
        serve->children[serve->child_count++] =
            (hg_exec_served){child->process, record_of(child), came.number};
    }
}

void hg_exec_serve_progress(hg_exec_serve *serve, const hg_session *session)
{
    if (serve->process == 0)
        start_server(serve, session);
    if (serve->process > 0 && (session->child_count > 0 || serve->child_count > 0))
        tell_children(serve, session);
}

void hg_exec_serve_judged(const hg_exec_serve *serve, const hg_run *run)
{
    const news judged = {.kind = NEWS_RUN};
    int fd = serve->socket >= 0 ? memfd_create("heapgate-run", MFD_CLOEXEC) : -1;
    int own = fd >= 0 ? dup(fd) : -1;
    FILE *out = own >= 0 ? fdopen(own, "w") : NULL;
    if (out) {
        hg_run_write(run, out);
        if (fclose(out) == 0)
            send_news(serve->socket, &judged, fd);
    } else if (own >= 0) {
        close(own);
    }
    if (fd >= 0)
        close(fd);
}

void hg_exec_serve_stop(hg_exec_serve *serve)
{
    const news over = {.kind = NEWS_OVER};
    if (serve->socket >= 0) {
        send_news(serve->socket, &over, -1);
        close(serve->socket);
    }
    double end = hg_process_now() + ENDING_PATIENCE + 1;
    const struct timespec pause = {.tv_nsec = 5000000};
    while (serve->process > 0 && waitpid(serve->process, NULL, WNOHANG) == 0) {
        if (hg_process_now() > end)
            kill(serve->process, SIGKILL);
        nanosleep(&pause, NULL);
    }
    serve->process = 0;
    serve->socket = -1;
    hg_listener_close(&serve->listener);
}
