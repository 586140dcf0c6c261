#include "exec/arrivals.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int hg_arrivals_start(hg_arrivals *ret_arrivals)
{
    uint64_t number = 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    hg_arrivals arrivals = {.socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (arrivals.socket < 0)
        return -errno;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        number = (uint64_t)getpid();
    snprintf(arrivals.name, sizeof arrivals.name, "heapgate-%d-%016llx", (int)getpid(),
             (unsigned long long)number);
    size_t length = strlen(arrivals.name);
    memcpy(address.sun_path + 1, arrivals.name, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    if (bind(arrivals.socket, (const struct sockaddr *)&address, size) != 0 ||
        listen(arrivals.socket, SOMAXCONN) != 0) {
        int error = errno;
        close(arrivals.socket);
        return -error;
    }
    *ret_arrivals = arrivals;
    return 0;
}

void hg_arrivals_stop(hg_arrivals *arrivals)
{
    if (arrivals->socket >= 0)
        close(arrivals->socket);
    arrivals->socket = -1;
}

/* The one descriptor that comes with a message; -1 if there is none. Of several, none is kept. */
static int receive_descriptor(int connection)
{
    enum { MOST_SENT = 4 };
    char byte;
    int descriptors[MOST_SENT];
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof descriptors)];
    } control;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0)
        return -1;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return -1;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors, CMSG_DATA(header), count * sizeof(int));
    if (count == 1)
        return descriptors[0];
    for (size_t i = 0; i < count; i++)
        close(descriptors[i]);
    return -1;
}

static bool is_trusted(const struct ucred *peer)
{
    return peer->pid > 0 && (peer->uid == geteuid() || geteuid() == 0);
}

static void receive(int connection, hg_arrival *arrival)
{
    char path[64];
    struct ucred peer;
    socklen_t size = sizeof peer;
    /* The probe sends as soon as it has connected; nobody else may keep us waiting. */
    const struct timeval patience = {.tv_usec = 100000};
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || !is_trusted(&peer) ||
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        return;
    int fd = receive_descriptor(connection);
    if (fd < 0)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (hg_record_open(path, &arrival->record) < 0) {
        close(fd);
        return;
    }
    arrival->record_fd = fd;
    arrival->process = peer.pid;
}

bool hg_arrivals_next(const hg_arrivals *arrivals, hg_arrival *ret_arrival)
{
    int connection = accept4(arrivals->socket, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0)
        return false;
    *ret_arrival = (hg_arrival){.record_fd = -1};
    receive(connection, ret_arrival);
    close(connection);
    return true;
}
