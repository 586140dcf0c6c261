#include "serve/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 16 };

typedef union any_address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un local;
} any_address;

static socklen_t size_of(const any_address *address)
{
    switch (address->any.sa_family) {
    case AF_INET:
        return sizeof address->four;
    case AF_INET6:
        return sizeof address->six;
    default:
        return sizeof address->local;
    }
}

static bool is_loopback(const any_address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohl(address->four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&address->six.sin6_addr);
}

/* False: not HOST:PORT with a number for each. */
static bool read_address(const char *text, any_address *ret_address)
{
    char host[INET6_ADDRSTRLEN + 2];
    char *end;
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : sizeof host;
    if (length == 0 || length >= sizeof host || colon[1] < '0' || colon[1] > '9')
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || port > UINT16_MAX)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    memset(ret_address, 0, sizeof *ret_address);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        ret_address->six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        return inet_pton(AF_INET6, host + 1, &ret_address->six.sin6_addr) == 1;
    }
    ret_address->four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
                     &ret_address->four.sin_addr) == 1;
}

/* Bound by ourselves, so that the reason of a failure is known. A negative errno, or the listening socket. */
static int listen_on(const any_address *address)
{
    int on = 1;
    int listener = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -errno;
    if (address->any.sa_family != AF_UNIX)
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    mode_t before = umask(0177);
    bool bound = bind(listener, &address->any, size_of(address)) == 0;
    int error = errno;
    umask(before);
    if (bound && listen(listener, BACKLOG) == 0)
        return listener;
    error = bound ? errno : error;
    close(listener);
    return -error;
}

/* Whether the file is a socket that nobody listens on any more. */
static bool is_stale(const any_address *address)
{
    struct stat file;
    if (lstat(address->local.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode))
        return false;
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused =
        client >= 0 && connect(client, &address->any, sizeof address->local) != 0 && errno == ECONNREFUSED;
    if (client >= 0)
        close(client);
    return refused;
}

static bool open_local(const char *path, hg_listener *ret_listener, char *ret_message, size_t message_size)
{
    any_address address = {.local = {.sun_family = AF_UNIX}};
    size_t size = strlen(path) + 1;
    if (size < 2 || size > sizeof address.local.sun_path) {
        snprintf(ret_message, message_size, "the path of a Unix socket has 1 to %zu bytes, not %zu",
                 sizeof address.local.sun_path - 1, size - 1);
        return false;
    }
    memcpy(address.local.sun_path, path, size);
    if (is_stale(&address))
        unlink(path);
    int status = listen_on(&address);
    if (status < 0) {
        snprintf(ret_message, message_size, "cannot serve on unix:%s: %s", path, strerror(-status));
        return false;
    }
    *ret_listener = (hg_listener){.fd = status};
    memcpy(ret_listener->path, path, size);
    snprintf(ret_listener->name, sizeof ret_listener->name, "unix:%s", path);
    return true;
}

static void name_address(hg_listener *listener)
{
    any_address bound = {.any = {0}};
    socklen_t size = sizeof bound;
    char host[INET6_ADDRSTRLEN] = "";
    getsockname(listener->fd, &bound.any, &size);
    bool six = bound.any.sa_family == AF_INET6;
    inet_ntop(bound.any.sa_family, six ? (void *)&bound.six.sin6_addr : (void *)&bound.four.sin_addr, host,
              sizeof host);
    snprintf(listener->name, sizeof listener->name, six ? "http://[%s]:%u/" : "http://%s:%u/", host,
             ntohs(six ? bound.six.sin6_port : bound.four.sin_port));
}

bool hg_listener_open(const char *text, bool has_token, hg_listener *ret_listener, char *ret_message,
                      size_t message_size)
{
    any_address address;
    if (strncmp(text, "unix:", 5) == 0)
        return open_local(text + 5, ret_listener, ret_message, message_size);
    if (!read_address(text, &address)) {
        snprintf(ret_message, message_size,
                 "'%s' is not ADDRESS:PORT, such as 127.0.0.1:9464 or [::1]:0, nor unix:PATH", text);
        return false;
    }
    if (!is_loopback(&address) && !has_token) {
        snprintf(ret_message, message_size,
                 "'%s' is not an address of this machine alone; write 127.0.0.1:PORT, PORT 0 for any that is "
                 "free, or also give --serve-token, which clients must know then",
                 text);
        return false;
    }
    int status = listen_on(&address);
    if (status < 0) {
        snprintf(ret_message, message_size, "cannot serve on %s: %s", text, strerror(-status));
        return false;
    }
    *ret_listener = (hg_listener){.fd = status, .loopback = is_loopback(&address)};
    name_address(ret_listener);
    return true;
}

void hg_listener_close(hg_listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->path[0])
        unlink(listener->path);
    listener->fd = -1;
    listener->path[0] = '\0';
}
