/*
 * Goal: a record that is offered arrives, and whatever else connects does no harm.
 */
#include "exec/arrivals.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
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

static void send_with(const hg_arrivals *arrivals, const char *secret, const int *descriptors, size_t count)
{
    struct iovec data = {.iov_base = (void *)secret, .iov_len = strlen(secret)};
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
    cr_assert(eq(long, sendmsg(connection, &message, 0), (long)strlen(secret)));
    close(connection);
}

static void send_descriptors(const hg_arrivals *arrivals, const int *descriptors, size_t count)
{
    send_with(arrivals, arrivals->secret, descriptors, count);
}

static void expect_nothing_taken(hg_arrivals *arrivals)
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

/* What it is worth is the sender's own doing: the record counts all the same. */
static void expect_scan(hg_arrivals *arrivals, int record_fd, int second, bool comes)
{
    hg_arrival arrival;
    send_descriptors(arrivals, (const int[]){record_fd, second}, 2);
    cr_assert(hg_arrivals_next(arrivals, &arrival));
    cr_assert(eq(int, arrival.process, getpid()));
    cr_assert(eq(int, arrival.scan.header != NULL, comes));
    hg_record_close(&arrival.record);
    close(arrival.record_fd);
    hg_scan_file_close(&arrival.scan);
}

Test(exec_arrivals, a_scan_file_comes_with_a_record_if_nobody_can_cut_it)
{
    hg_arrivals arrivals;
    hg_record record;
    hg_scan_file scan;
    struct stat about;
    int record_fd, scan_fd;
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    cr_assert(eq(int, hg_record_create(16, &record, &record_fd), 0));
    cr_assert(eq(int, hg_scan_file_create(&scan, &scan_fd), 0));
    expect_scan(&arrivals, record_fd, scan_fd, true);
    cr_assert(ne(int, ftruncate(scan_fd, 0), 0));
    int other = memfd_create("not sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    cr_assert(eq(int, fstat(scan_fd, &about), 0));
    cr_assert(eq(int, ftruncate(other, about.st_size), 0));
    cr_assert(lt(long, 0, pwrite(other, scan.header, sizeof *scan.header, 0)));
    expect_scan(&arrivals, record_fd, other, false);
    expect_scan(&arrivals, record_fd, record_fd, false);
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

Test(exec_arrivals, who_does_not_know_the_secret_is_sent_away)
{
    hg_arrivals arrivals;
    hg_record record;
    int record_fd;
    char wrong[sizeof arrivals.secret + 8];
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    cr_assert(eq(int, hg_record_create(16, &record, &record_fd), 0));
    for (size_t cut = 1; cut < HG_CHILDREN_SECRET; cut++) {
        snprintf(wrong, sizeof wrong, "%.*s", (int)cut, arrivals.secret);
        send_with(&arrivals, wrong, &record_fd, 1);
        expect_nothing_taken(&arrivals);
    }
    snprintf(wrong, sizeof wrong, "%sx", arrivals.secret);
    send_with(&arrivals, wrong, &record_fd, 1);
    expect_nothing_taken(&arrivals);
    memset(wrong, '0', HG_CHILDREN_SECRET);
    wrong[HG_CHILDREN_SECRET] = '\0';
    send_with(&arrivals, wrong, &record_fd, 1);
    expect_nothing_taken(&arrivals);
    hg_arrivals_stop(&arrivals);
}

/* The header of a record, in a file of its size that can be cut afterwards. */
Test(exec_arrivals, a_record_that_can_be_cut_is_not_taken)
{
    hg_arrivals arrivals;
    hg_record record;
    int record_fd;
    int copy = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    cr_assert(eq(int, hg_record_create(16, &record, &record_fd), 0));
    cr_assert(eq(long, write(copy, record.header, sizeof *record.header), (long)sizeof *record.header));
    cr_assert(eq(int, ftruncate(copy, (off_t)record.mapped_bytes), 0));
    send_descriptors(&arrivals, &copy, 1);
    expect_nothing_taken(&arrivals);
    cr_assert(eq(int, fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK), 0));
    send_descriptors(&arrivals, &copy, 1);
    hg_arrival arrival;
    cr_assert(hg_arrivals_next(&arrivals, &arrival));
    cr_assert(eq(int, arrival.process, getpid()));
    hg_arrivals_stop(&arrivals);
}

/* Strangers that connect and say nothing: more than are kept. */
Test(exec_arrivals, who_says_nothing_keeps_nobody_waiting)
{
    enum { STRANGERS = 3 * HG_MOST_VISITORS };
    hg_arrivals arrivals;
    hg_arrival arrival;
    hg_record record;
    int record_fd;
    int strangers[STRANGERS];
    struct timespec begin, end;
    cr_assert(eq(int, hg_arrivals_start(&arrivals), 0));
    cr_assert(eq(int, hg_record_create(16, &record, &record_fd), 0));
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < STRANGERS; i++)
        strangers[i] = connect_to(&arrivals);
    send_descriptors(&arrivals, &record_fd, 1);
    bool arrived = false;
    for (int i = 0; i < 2 * STRANGERS && !arrived && hg_arrivals_next(&arrivals, &arrival); i++)
        arrived = arrival.process != 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    cr_assert(arrived);
    cr_assert(le(u32, arrivals.visitor_count, HG_MOST_VISITORS));
    cr_assert(lt(long, end.tv_sec - begin.tv_sec, 5), "each of them was waited for");
    struct pollfd quiet = {.fd = arrivals.ready, .events = POLLIN};
    while (hg_arrivals_next(&arrivals, &arrival))
        continue;
    cr_assert(eq(int, poll(&quiet, 1, 0), 0), "those who wait are no news");
    for (int i = 0; i < STRANGERS; i++)
        close(strangers[i]);
    hg_arrivals_stop(&arrivals);
}
