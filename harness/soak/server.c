#include "soak/server.h"

#include "base/memory_stream.h"
#include "soak/publish.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct hg_server {
    struct MHD_Daemon *daemon;
    const hg_soak *soak;
    int descriptor;
    char address[80];
};

typedef union any_address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} any_address;

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
                              char *text, size_t size, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, text, mode);
    if (!response) {
        if (mode == MHD_RESPMEM_MUST_FREE)
            free(text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Content-Security-Policy", hg_publish_policy());
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    return answer(connection, status, "text/plain; charset=utf-8", (char *)why, strlen(why),
                  MHD_RESPMEM_PERSISTENT);
}

typedef struct resource {
    const char *path, *type;
    bool (*write)(const hg_soak *soak, FILE *out);
} resource;

static const resource resources[] = {
    {"/", "text/html; charset=utf-8", hg_publish_page},
    {"/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", hg_publish_metrics},
    {"/curves", "application/json", hg_publish_curves},
};

static enum MHD_Result give(const hg_server *server, struct MHD_Connection *connection, const resource *what)
{
    size_t size = 0;
    hg_memory_stream stream;
    FILE *out = hg_memory_stream_begin(&stream);
    bool made = out && what->write(server->soak, out);
    char *text = hg_memory_stream_end(&stream, &size);
    if (made && text)
        return answer(connection, MHD_HTTP_OK, what->type, text, size, MHD_RESPMEM_MUST_FREE);
    free(text);
    return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
}

static bool is_loopback(const char *host)
{
    struct in_addr address;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* Whether the request was made to a name of this machine; through a tunnel the port may be another. */
static bool is_meant_for_us(struct MHD_Connection *connection)
{
    static const char *const names[] = {"localhost", "[::1]"};
    char number[INET_ADDRSTRLEN] = "";
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    size_t digits = host ? strcspn(host, ":") : 0;
    if (host && digits < sizeof number && is_loopback(memcpy(number, host, digits)))
        return true;
    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length) == 0 && (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

static enum MHD_Result handle(void *user_data, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    static int seen;
    (void)version;
    (void)upload;
    /* The first call of a request comes before its body, which nobody reads. */
    if (!*request) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (!is_meant_for_us(connection))
        return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST, "ask for it as 127.0.0.1 or localhost\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD are what there is\n");
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (strcmp(path, resources[i].path) == 0)
            return give(user_data, connection, &resources[i]);
    return refuse(connection, MHD_HTTP_NOT_FOUND, "there are /, /metrics and /curves\n");
}

/* False: not an address of this machine alone. */
static bool read_address(const char *text, any_address *ret_address)
{
    char host[64];
    char *end;
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : sizeof host;
    if (length >= sizeof host || colon[1] < '0' || colon[1] > '9')
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || port > UINT16_MAX)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    memset(ret_address, 0, sizeof *ret_address);
    if (strcmp(host, "[::1]") == 0) {
        ret_address->six = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons((uint16_t)port)};
        return true;
    }
    ret_address->four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (strcmp(host, "localhost") == 0)
        ret_address->four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (!is_loopback(host) || inet_pton(AF_INET, host, &ret_address->four.sin_addr) != 1)
        return false;
    return true;
}

/* Bound by ourselves, so that the reason of a failure is known. A negative errno, or the listening socket. */
static int open_listener(const any_address *address)
{
    bool six = address->any.sa_family == AF_INET6;
    socklen_t size = six ? sizeof address->six : sizeof address->four;
    int on = 1;
    int listener = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -errno;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, &address->any, size) == 0 && listen(listener, HG_SERVER_CONNECTIONS) == 0)
        return listener;
    int error = errno;
    close(listener);
    return -error;
}

static void name_address(hg_server *server, int listener)
{
    any_address bound = {.any = {0}};
    socklen_t size = sizeof bound;
    char host[INET6_ADDRSTRLEN] = "";
    getsockname(listener, &bound.any, &size);
    bool six = bound.any.sa_family == AF_INET6;
    if (!six)
        inet_ntop(AF_INET, &bound.four.sin_addr, host, sizeof host);
    snprintf(server->address, sizeof server->address, "http://%s:%u/", six ? "[::1]" : host,
             ntohs(six ? bound.six.sin6_port : bound.four.sin_port));
}

static bool start_daemon(hg_server *server, int listener)
{
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET,
                                      listener, MHD_OPTION_CONNECTION_LIMIT, HG_SERVER_CONNECTIONS,
                                      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HG_SERVER_BYTES,
                                      MHD_OPTION_CONNECTION_TIMEOUT, HG_SERVER_SILENCE, MHD_OPTION_END);
    if (!server->daemon)
        return false;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    server->descriptor = info ? info->epoll_fd : -1;
    return server->descriptor >= 0;
}

hg_server *hg_server_start(const char *address, const hg_soak *soak, char *ret_message, size_t message_size)
{
    any_address where;
    if (!read_address(address, &where)) {
        snprintf(ret_message, message_size,
                 "'%s' is not an address of this machine alone; write 127.0.0.1:PORT, PORT 0 for any that is "
                 "free, and forward that to where else it is wanted",
                 address);
        return NULL;
    }
    int listener = open_listener(&where);
    if (listener < 0) {
        snprintf(ret_message, message_size, "cannot serve on %s: %s", address, strerror(-listener));
        return NULL;
    }
    hg_server *server = calloc(1, sizeof *server);
    if (server) {
        server->soak = soak;
        name_address(server, listener);
    }
    if (server && start_daemon(server, listener))
        return server;
    snprintf(ret_message, message_size, "cannot serve on %s: out of memory or descriptors", address);
    if (!server || !server->daemon)
        close(listener);
    hg_server_stop(server);
    return NULL;
}

const char *hg_server_address(const hg_server *server)
{
    return server->address;
}

int hg_server_descriptor(const hg_server *server)
{
    return server->descriptor;
}

/* A request that was read in part becomes readable only with its next bytes, and those may be there
 * already. */
int hg_server_wait_ms(hg_server *server)
{
    MHD_UNSIGNED_LONG_LONG left;
    return MHD_get_timeout(server->daemon, &left) == MHD_YES && left < INT_MAX ? (int)left : INT_MAX;
}

void hg_server_run(hg_server *server)
{
    MHD_run(server->daemon);
}

void hg_server_stop(hg_server *server)
{
    if (server && server->daemon)
        MHD_stop_daemon(server->daemon);
    free(server);
}
