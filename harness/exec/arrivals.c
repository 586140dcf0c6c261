#include "exec/arrivals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool watch(const hg_arrivals *arrivals, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return epoll_ctl(arrivals->ready, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static bool listen_as(const hg_arrivals *arrivals)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(arrivals->name);
    memcpy(address.sun_path + 1, arrivals->name, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    return bind(arrivals->socket, (const struct sockaddr *)&address, size) == 0 &&
           listen(arrivals->socket, SOMAXCONN) == 0 && watch(arrivals, arrivals->socket);
}

int hg_arrivals_start(hg_arrivals *ret_arrivals)
{
    uint64_t numbers[3];
    hg_arrivals arrivals = {.socket = -1, .ready = -1};
    if (getrandom(numbers, sizeof numbers, 0) != (ssize_t)sizeof numbers)
        return -errno;
    snprintf(arrivals.name, sizeof arrivals.name, "heapgate-%d-%016" PRIx64, (int)getpid(), numbers[0]);
    snprintf(arrivals.secret, sizeof arrivals.secret, "%016" PRIx64 "%016" PRIx64, numbers[1], numbers[2]);
    arrivals.ready = epoll_create1(EPOLL_CLOEXEC);
    arrivals.socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (arrivals.ready < 0 || arrivals.socket < 0 || !listen_as(&arrivals)) {
        int error = errno;
        hg_arrivals_stop(&arrivals);
        return -error;
    }
    *ret_arrivals = arrivals;
    return 0;
}

void hg_arrivals_stop(hg_arrivals *arrivals)
{
    for (uint32_t i = 0; i < arrivals->visitor_count; i++)
        close(arrivals->visitors[i].connection);
    if (arrivals->socket >= 0)
        close(arrivals->socket);
    if (arrivals->ready >= 0)
        close(arrivals->ready);
    arrivals->socket = arrivals->ready = -1;
    arrivals->visitor_count = 0;
}

enum { MOST_OFFERED = 2 };

/* What somebody has sent. */
typedef struct offer {
    char secret[HG_CHILDREN_SECRET + 1]; /* room to notice a longer one */
    ssize_t size;                        /* as recvmsg says */
    int descriptors[MOST_OFFERED];       /* of a record, and of a scan file */
    size_t count;                        /* 0: none, or too many, none of which is kept */
} offer;

/* False while nothing has been sent. */
static bool receive_offer(int connection, offer *ret_offer)
{
    enum { MOST_SENT = 4 };
    int descriptors[MOST_SENT];
    *ret_offer = (offer){.count = 0};
    struct iovec data = {.iov_base = ret_offer->secret, .iov_len = sizeof ret_offer->secret};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof descriptors)];
    } control;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    ret_offer->size = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (ret_offer->size < 0)
        return errno != EAGAIN && errno != EINTR;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return true;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(header), count * sizeof(int));
    for (size_t i = 0; count > MOST_OFFERED && i < count; i++)
        close(descriptors[i]);
    if (count > MOST_OFFERED)
        return true;
    memcpy(ret_offer->descriptors, descriptors, count * sizeof(int));
    ret_offer->count = count;
    return true;
}

static bool knows_secret(const hg_arrivals *arrivals, const offer *made)
{
    return made->size == (ssize_t)HG_CHILDREN_SECRET &&
           memcmp(made->secret, arrivals->secret, HG_CHILDREN_SECRET) == 0;
}

/* A file of another kind is not even opened, and one that can be cut under our eyes is not mapped. */
static bool is_sealed(int descriptor, char ret_path[64])
{
    int seals = fcntl(descriptor, F_GET_SEALS);
    snprintf(ret_path, 64, "/proc/self/fd/%d", descriptor);
    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

static bool open_record(int descriptor, hg_record *ret_record)
{
    char path[64];
    return is_sealed(descriptor, path) && hg_record_open(path, ret_record) == 0;
}

/* Of a child that makes none, nobody asks for it. */
static void open_scan(int descriptor, hg_scan_file *ret_scan)
{
    char path[64];
    if (!is_sealed(descriptor, path) || hg_scan_file_open(path, ret_scan) < 0)
        *ret_scan = (hg_scan_file){0};
}

static void take_offer(const hg_arrivals *arrivals, const hg_visitor *visitor, const offer *made,
                       hg_arrival *arrival)
{
    if (made->count == 0)
        return;
    if (knows_secret(arrivals, made) && open_record(made->descriptors[0], &arrival->record)) {
        arrival->record_fd = made->descriptors[0];
        arrival->process = visitor->process;
        if (made->count > 1)
            open_scan(made->descriptors[1], &arrival->scan);
    } else {
        close(made->descriptors[0]);
    }
    if (made->count > 1)
        close(made->descriptors[1]);
}

static void forget(hg_arrivals *arrivals, uint32_t visitor)
{
    close(arrivals->visitors[visitor].connection);
    uint32_t after = --arrivals->visitor_count - visitor;
    memmove(&arrivals->visitors[visitor], &arrivals->visitors[visitor + 1],
            after * sizeof *arrivals->visitors);
}

static bool is_trusted(const struct ucred *peer)
{
    return peer->pid > 0 && (peer->uid == geteuid() || geteuid() == 0);
}

/* False when nobody has connected. */
static bool accept_visitor(hg_arrivals *arrivals)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    int connection = accept4(arrivals->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0)
        return false;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || !is_trusted(&peer) ||
        !watch(arrivals, connection)) {
        close(connection);
        return true;
    }
    if (arrivals->visitor_count == HG_MOST_VISITORS)
        forget(arrivals, 0);
    arrivals->visitors[arrivals->visitor_count++] = (hg_visitor){connection, peer.pid};
    return true;
}

bool hg_arrivals_next(hg_arrivals *arrivals, hg_arrival *ret_arrival)
{
    offer made;
    *ret_arrival = (hg_arrival){.record_fd = -1};
    bool came = accept_visitor(arrivals);
    for (uint32_t i = 0; i < arrivals->visitor_count; i++)
        if (receive_offer(arrivals->visitors[i].connection, &made)) {
            take_offer(arrivals, &arrivals->visitors[i], &made, ret_arrival);
            forget(arrivals, i);
            return true;
        }
    return came;
}
