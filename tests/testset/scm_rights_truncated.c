/*
 * A bus daemon gets descriptors with messages, 1 op in 500. The mistake: a message with two descriptors
 * where one is allowed (1 in 3 of them, by chance) is refused, and the descriptors that the kernel did hand
 * over are not closed. Healthy: all are closed.
 */
#include "pair.h"
#include <sys/socket.h>
#include <unistd.h>

static int pair[2];

union control {
    char bytes[CMSG_SPACE(2 * sizeof(int))];
    struct cmsghdr align;
};

static int send_two(const int *fds)
{
    union control control = {{0}};
    char byte = 1;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    return sendmsg(pair[0], &message, 0) == 1 ? 0 : -1;
}

static PAIR_NOINLINE int receive(int *ret_fds)
{
    union control control;
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    if (recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
        return -1;
    memcpy(ret_fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), 2 * sizeof(int));
    return 0;
}

int heapgate_setup(void)
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    int fds[2];
    if (r % 500 != 0)
        return 0;
    if (send_two(pair) != 0 || receive(fds) != 0)
        return 1;
    bool refused = (r >> 20) % 3 == 0;
    close(fds[0]);
    if (!refused || !LEAKS)
        close(fds[1]);
    return 0;
}
