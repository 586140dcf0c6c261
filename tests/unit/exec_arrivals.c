/*
 * Goal: a record that is offered arrives, and whatever else connects does no harm.
 */
#include "exec/arrivals.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const hg_arrivals *arrivals)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(arrivals->name);
    memcpy(address.sun_path + 1, arrivals->name, length);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert(eq(int,
                 connect(connection, (struct sockaddr *)&address,
                         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)),
                 0));
    return connection;
}

static void send_descriptors(const hg_arrivals *arrivals, const int *descriptors, size_t count)
{
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char room[256];
    } control = {0};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = count ? &control : NULL,
                             .msg_controllen = count ? CMSG_SPACE(count * sizeof(int)) : 0};
    if (count > 0) {
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    int connection = connect_to(arrivals);
    cr_assert(eq(long, sendmsg(connection, &message, 0), 1));
    close(connection);
}

static void expect_nothing_taken(const hg_arrivals *arrivals)
{
    hg_arrival arrival;
    cr_assert(hg_arrivals_next(arrivals, &arrival));
    cr_assert(eq(int, arrival.process, 0));
    cr_assert(eq(int, arrival.record_fd, -1));
}

Test(exec_arrivals, a_record_arrives_with_the_process_that_sent_it)
{
    hg_arrivals arrivals;
    hg_arrival arrival;
    hg_record record;
    int record_fd;
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    cr_assert(not(hg_arrivals_next(&arrivals, &arrival)));
    cr_assert(eq(int, hg_record_create(16, &record, &record_fd), 0));
    atomic_store(&record.header->owner, 4711);
    send_descriptors(&arrivals, &record_fd, 1);
    cr_assert(hg_arrivals_next(&arrivals, &arrival));
    cr_assert(eq(int, arrival.process, getpid()));
    cr_assert(eq(int, atomic_load(&arrival.record.header->owner), 4711));
    cr_assert(not(hg_arrivals_next(&arrivals, &arrival)));
    hg_arrivals_stop(&arrivals);
}

Test(exec_arrivals, what_is_no_record_is_not_taken)
{
    hg_arrivals arrivals;
    int files[3];
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    for (int i = 0; i < 3; i++)
        files[i] = memfd_create("no record", MFD_CLOEXEC);
    send_descriptors(&arrivals, files, 1);
    expect_nothing_taken(&arrivals);
    cr_assert(eq(int, ftruncate(files[0], 1 << 20), 0));
    send_descriptors(&arrivals, files, 1);
    expect_nothing_taken(&arrivals);
    send_descriptors(&arrivals, files, 3);
    expect_nothing_taken(&arrivals);
    send_descriptors(&arrivals, files, 0);
    expect_nothing_taken(&arrivals);
    close(connect_to(&arrivals));
    expect_nothing_taken(&arrivals);
    hg_arrivals_stop(&arrivals);
}

Test(exec_arrivals, whoever_connects_and_says_nothing_is_sent_away)
{
    hg_arrivals arrivals;
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    int silent = connect_to(&arrivals);
    expect_nothing_taken(&arrivals);
    close(silent);
    hg_arrivals_stop(&arrivals);
}
