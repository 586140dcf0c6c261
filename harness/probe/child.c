#include "probe/child.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_OFFERED = 2 };

typedef struct child_request {
    struct sockaddr_un address;
    socklen_t address_size;
    uint32_t epochs, mode;
    char secret[HG_CHILDREN_SECRET];
} child_request;

/* NAME,EPOCHS,MODE,SECRET */
static bool parse(const char *variable, child_request *ret_request)
{
    const char *comma = strchr(variable, ',');
    size_t length = comma ? (size_t)(comma - variable) : 0;
    if (length == 0 || length >= sizeof ret_request->address.sun_path)
        return false;
    char *end;
    *ret_request = (child_request){.address.sun_family = AF_UNIX};
    memcpy(ret_request->address.sun_path + 1, variable, length);
    ret_request->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    ret_request->epochs = (uint32_t)strtoul(comma + 1, &end, 10);
    ret_request->mode = *end == ',' ? (uint32_t)strtoul(end + 1, &end, 10) : 0;
    if (*end != ',' || strlen(end + 1) != sizeof ret_request->secret)
        return false;
    memcpy(ret_request->secret, end + 1, sizeof ret_request->secret);
    return true;
}

static int offer(const child_request *request, const int descriptors[MOST_OFFERED], size_t count)
{
    struct iovec data = {.iov_base = (void *)request->secret, .iov_len = sizeof request->secret};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(MOST_OFFERED * sizeof *descriptors)];
    } control = {0};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(count * sizeof *descriptors)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof *descriptors);
    memcpy(CMSG_DATA(header), descriptors, count * sizeof *descriptors);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return -errno;
    int status = 0;
    if (connect(connection, (const struct sockaddr *)&request->address, request->address_size) != 0 ||
        sendmsg(connection, &message, MSG_NOSIGNAL) != (ssize_t)sizeof request->secret)
        status = -errno;
    close(connection);
    return status;
}

/* Until the driver knows that the child will be judged, it is not scanned at its end. */
static bool make_scan(const child_request *request, hg_scan_file *ret_scan, int *ret_descriptor)
{
    if (!(request->mode & HG_MODE_SCANS) || hg_scan_file_create(ret_scan, ret_descriptor) < 0 ||
        !ret_scan->header)
        return false;
    ret_scan->header->request.wanted = 1;
    atomic_store(&ret_scan->header->request.leave, HG_SCAN_DENIED);
    return true;
}

int hg_child_record(const char *variable, hg_record_pieces *pieces, hg_record *ret_record,
                    hg_scan_file *ret_scan)
{
    int saved_errno = errno;
    child_request request;
    hg_record record;
    hg_scan_file scan = {0};
    int descriptors[MOST_OFFERED];
    int status = -EINVAL;
    if (parse(variable, &request))
        status = hg_record_create_in_pieces(request.epochs, pieces, &record, &descriptors[0]);
    if (status == 0) {
        bool scans = make_scan(&request, &scan, &descriptors[1]);
        record.header->mode = request.mode;
        status = offer(&request, descriptors, scans ? 2 : 1);
        close(descriptors[0]);
        if (scans)
            close(descriptors[1]);
        if (status == 0) {
            *ret_record = record;
            *ret_scan = scan;
        } else {
            hg_record_close(&record);
            hg_scan_file_close(&scan);
        }
    }
    errno = saved_errno;
    return status;
}
