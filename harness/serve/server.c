#include "serve/server.h"

#include "base/memory_stream.h"
#include "serve/admission.h"
#include "tools/openmetrics.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS      (INT64_C(1000) * HG_SERVER_PATIENCE)
#define HEAD_PATIENCE_MS INT64_C(10000) /* for the head of a request */

enum {
    MOST_RESOURCES = 16,
    VARIANTS = 2,    /* of a resource: as it is, and as text for Prometheus */
    REST_SHARE = 10, /* times as long as it took to make an answer, it is given again */
    LONGEST_REST_MS = 60000,
    DEFAULT_SECONDS = 10,
};

typedef struct connection_slot {
    int fd; /* -1: the slot is free */
    int64_t deadline_ms;
} connection_slot;

/* A request, from its head to the end of its answer. */
typedef struct asked {
    hg_server *server;
    struct MHD_Connection *connection;
    const hg_resource *resource; /* set while it waits, and after that */
    void *since;
    int64_t due_ms;
} asked;

typedef struct cached {
    struct MHD_Response *response; /* NULL: none */
    int64_t until_ms;
} cached;

struct hg_server {
    hg_server_plan plan;
    struct MHD_Daemon *daemon;
    int descriptor;
    uint32_t busy; /* requests that have no whole answer yet */
    bool hurries;
    int64_t rest_ms; /* answers that cover a time are not made before */
    connection_slot slots[HG_SERVER_CONNECTIONS];
    asked *waiting[HG_SERVER_WAITING];
    cached cache[MOST_RESOURCES][VARIANTS];
    char allowed[512]; /* what there is, for who asked for something else */
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static struct MHD_Response *respond(const char *type, const char *policy, char *text, size_t size,
                                    enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, text, mode);
    if (!response) {
        if (mode == MHD_RESPMEM_MUST_FREE)
            free(text);
        return NULL;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (!policy || policy[0])
        MHD_add_response_header(response, "Content-Security-Policy", policy ? policy : "default-src 'none'");
    return response;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    struct MHD_Response *response =
        respond("text/plain; charset=utf-8", NULL, (char *)why, strlen(why), MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"heapgate\"");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static bool is_openmetrics(const hg_resource *what)
{
    return strcmp(what->type, HG_SERVER_OPENMETRICS) == 0;
}

/* Who says what he takes, and not OpenMetrics, takes the text of Prometheus. */
static bool wants_plain(struct MHD_Connection *connection, const hg_resource *what)
{
    const char *accepts = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    return is_openmetrics(what) && accepts && !strstr(accepts, "openmetrics");
}

/* As text for Prometheus. Frees the text that was given. */
static char *make_plain(char *text, size_t *ret_size)
{
    hg_memory_stream stream;
    FILE *out = text ? hg_memory_stream_begin(&stream) : NULL;
    if (out)
        hg_openmetrics_as_text(text, out);
    free(text);
    return out ? hg_memory_stream_end(&stream, ret_size) : NULL;
}

/* The response to a resource; ret_status: of it. NULL when memory ran out. */
static struct MHD_Response *make(const hg_server *server, const hg_resource *what, const void *since,
                                 bool plain, unsigned *ret_status)
{
    size_t size = 0;
    hg_memory_stream stream;
    FILE *out = hg_memory_stream_begin(&stream);
    bool made = out && what->write(server->plan.data, since, out);
    char *text = hg_memory_stream_end(&stream, &size);
    *ret_status = made ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    if (made && plain)
        text = make_plain(text, &size);
    if (!text)
        return NULL;
    const char *type = !made   ? "text/plain; charset=utf-8"
                       : plain ? "text/plain; version=0.0.4; charset=utf-8"
                               : what->type;
    struct MHD_Response *response = respond(type, what->policy, text, size, MHD_RESPMEM_MUST_FREE);
    if (response && !made)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    return response;
}

static int64_t rest_after(int64_t begun_ms)
{
    int64_t ended = now_ms();
    int64_t rest = REST_SHARE * (ended - begun_ms);
    return ended + (rest < LONGEST_REST_MS ? rest : LONGEST_REST_MS);
}

/* From the cache, or made and put there. */
static enum MHD_Result give(hg_server *server, struct MHD_Connection *connection, const hg_resource *what)
{
    bool plain = wants_plain(connection, what);
    cached *entry = &server->cache[what - server->plan.resources][plain];
    int64_t begun = now_ms();
    unsigned status = MHD_HTTP_OK;
    if (entry->response && begun < entry->until_ms)
        return MHD_queue_response(connection, MHD_HTTP_OK, entry->response);
    if (entry->response)
        MHD_destroy_response(entry->response);
    entry->response = NULL;
    struct MHD_Response *response = make(server, what, NULL, plain, &status);
    if (!response)
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    if (status == MHD_HTTP_OK)
        *entry = (cached){response, rest_after(begun)};
    else
        MHD_destroy_response(response);
    return queued;
}

/* What covers a time, when that has passed. */
static enum MHD_Result give_since(asked *request)
{
    hg_server *server = request->server;
    int64_t begun = now_ms();
    unsigned status = MHD_HTTP_OK;
    struct MHD_Response *response = make(server, request->resource, request->since, false, &status);
    if (!response)
        return refuse(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
    enum MHD_Result queued = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    server->rest_ms = rest_after(begun);
    return queued;
}

static connection_slot *slot_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void give_time(struct MHD_Connection *connection, int64_t until_ms)
{
    connection_slot *slot = slot_of(connection);
    if (slot)
        slot->deadline_ms = until_ms;
}

static enum MHD_Result wait_for(asked *request, const hg_resource *what, double seconds)
{
    hg_server *server = request->server;
    uint32_t place = 0;
    while (place < HG_SERVER_WAITING && server->waiting[place])
        place++;
    if (place == HG_SERVER_WAITING)
        return refuse(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                      "4 others wait for a time to pass already; ask again later\n");
    request->since = what->begin(server->plan.data);
    if (!request->since)
        return refuse(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                      "nothing is counted yet, or memory ran out; ask again later\n");
    int64_t due = now_ms() + (int64_t)(seconds * 1000);
    request->resource = what;
    request->due_ms = due > server->rest_ms ? due : server->rest_ms;
    server->waiting[place] = request;
    give_time(request->connection, request->due_ms + PATIENCE_MS);
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

/* False: it is no time. NaN is none. */
static bool read_seconds(struct MHD_Connection *connection, double *ret_seconds)
{
    char *end;
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "seconds");
    *ret_seconds = 0;
    if (!text)
        return true;
    *ret_seconds = strtod(text, &end);
    return end != text && *end == '\0' && *ret_seconds > 0 && *ret_seconds <= HG_SERVER_LONGEST;
}

static enum MHD_Result answer(asked *request, const char *path, const char *method)
{
    hg_server *server = request->server;
    struct MHD_Connection *connection = request->connection;
    double seconds;
    if (server->plan.token && !hg_admission_knows(connection, server->plan.token))
        return refuse(connection, MHD_HTTP_UNAUTHORIZED,
                      "the token of --serve-token is missing: give it as Bearer, or as a password\n");
    if (!server->plan.token && server->plan.listener->loopback && !hg_admission_is_meant(connection))
        return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST, "ask for it as 127.0.0.1 or localhost\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD are what there is\n");
    for (size_t i = 0; i < server->plan.resource_count; i++) {
        const hg_resource *what = &server->plan.resources[i];
        if (strcmp(path, what->path) != 0)
            continue;
        if (!what->measures)
            return give(server, connection, what);
        if (!read_seconds(connection, &seconds))
            return refuse(connection, MHD_HTTP_BAD_REQUEST, "seconds is a number above 0, and at most 600\n");
        if (seconds == 0 && !what->waits)
            return give(server, connection, what);
        return wait_for(request, what, seconds > 0 ? seconds : DEFAULT_SECONDS);
    }
    return refuse(connection, MHD_HTTP_NOT_FOUND, server->allowed);
}

static enum MHD_Result handle(void *user_data, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **ret_request)
{
    hg_server *server = user_data;
    asked *request = *ret_request;
    (void)version;
    (void)upload;
    /* The first call of a request comes before its body, which nobody reads. */
    if (!request) {
        request = calloc(1, sizeof *request);
        if (!request)
            return MHD_NO;
        request->server = server;
        request->connection = connection;
        *ret_request = request;
        server->busy++;
        give_time(connection, now_ms() + PATIENCE_MS);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    return request->resource ? give_since(request) : answer(request, path, method);
}

static void forget_waiting(hg_server *server, const asked *request)
{
    for (uint32_t i = 0; i < HG_SERVER_WAITING; i++)
        if (server->waiting[i] == request)
            server->waiting[i] = NULL;
}

static void complete(void *user_data, struct MHD_Connection *connection, void **request_data,
                     enum MHD_RequestTerminationCode how)
{
    hg_server *server = user_data;
    asked *request = *request_data;
    (void)how;
    if (!request)
        return;
    forget_waiting(server, request);
    free(request->since);
    free(request);
    *request_data = NULL;
    server->busy--;
    give_time(connection, now_ms() + HEAD_PATIENCE_MS);
}

static void note_connection(void *user_data, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode what)
{
    hg_server *server = user_data;
    connection_slot *slot = *socket_context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (slot)
            slot->fd = -1;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (uint32_t i = 0; info && i < HG_SERVER_CONNECTIONS && !*socket_context; i++)
        if (server->slots[i].fd < 0) {
            server->slots[i] = (connection_slot){info->connect_fd, now_ms() + HEAD_PATIENCE_MS};
            *socket_context = &server->slots[i];
        }
}

static bool start_daemon(hg_server *server)
{
    /* The daemon closes what it listens on. */
    int listener = fcntl(server->plan.listener->fd, F_DUPFD_CLOEXEC, 0);
    if (listener < 0)
        return false;
    server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, server,
                                      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
                                      HG_SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                      (size_t)HG_SERVER_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
                                      HG_SERVER_SILENCE, MHD_OPTION_NOTIFY_COMPLETED, complete, server,
                                      MHD_OPTION_NOTIFY_CONNECTION, note_connection, server, MHD_OPTION_END);
    if (!server->daemon) {
        close(listener);
        return false;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    server->descriptor = info ? info->epoll_fd : -1;
    return server->descriptor >= 0;
}

hg_server *hg_server_start(const hg_server_plan *plan)
{
    hg_server *server = plan->resource_count <= MOST_RESOURCES ? calloc(1, sizeof *server) : NULL;
    if (!server)
        return NULL;
    server->plan = *plan;
    for (uint32_t i = 0; i < HG_SERVER_CONNECTIONS; i++)
        server->slots[i].fd = -1;
    size_t used = (size_t)snprintf(server->allowed, sizeof server->allowed, "there are:\n");
    for (size_t i = 0; i < plan->resource_count && used < sizeof server->allowed; i++)
        used += (size_t)snprintf(server->allowed + used, sizeof server->allowed - used, "%s\n",
                                 plan->resources[i].path);
    if (start_daemon(server))
        return server;
    hg_server_stop(server);
    return NULL;
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
    int64_t now = now_ms();
    int64_t wait =
        MHD_get_timeout(server->daemon, &left) == MHD_YES && left < INT_MAX ? (int64_t)left : INT_MAX;
    for (uint32_t i = 0; i < HG_SERVER_WAITING; i++)
        if (server->waiting[i] && server->waiting[i]->due_ms - now < wait)
            wait = server->waiting[i]->due_ms - now;
    for (uint32_t i = 0; i < HG_SERVER_CONNECTIONS; i++)
        if (server->slots[i].fd >= 0 && server->slots[i].deadline_ms - now < wait)
            wait = server->slots[i].deadline_ms - now;
    return wait > 0 && !server->hurries ? (int)wait : 0;
}

static void resume_due(hg_server *server)
{
    int64_t now = now_ms();
    for (uint32_t i = 0; i < HG_SERVER_WAITING; i++) {
        asked *request = server->waiting[i];
        if (!request || (now < request->due_ms && !server->hurries))
            continue;
        server->waiting[i] = NULL;
        MHD_resume_connection(request->connection);
    }
    server->hurries = false;
}

/* The daemon notices the end of the connection itself. */
static void end_slow(hg_server *server)
{
    int64_t now = now_ms();
    for (uint32_t i = 0; i < HG_SERVER_CONNECTIONS; i++) {
        connection_slot *slot = &server->slots[i];
        if (slot->fd < 0 || now < slot->deadline_ms)
            continue;
        shutdown(slot->fd, SHUT_RDWR);
        slot->deadline_ms = INT64_MAX;
    }
}

void hg_server_run(hg_server *server)
{
    resume_due(server);
    end_slow(server);
    MHD_run(server->daemon);
}

void hg_server_hurry(hg_server *server)
{
    server->hurries = true;
}

bool hg_server_is_busy(const hg_server *server)
{
    return server->busy > 0;
}

void hg_server_stop(hg_server *server)
{
    if (!server)
        return;
    /* A connection that is suspended cannot be closed. */
    for (uint32_t i = 0; i < HG_SERVER_WAITING; i++)
        if (server->waiting[i])
            MHD_resume_connection(server->waiting[i]->connection);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    for (size_t i = 0; i < MOST_RESOURCES; i++)
        for (size_t k = 0; k < VARIANTS; k++)
            if (server->cache[i][k].response)
                MHD_destroy_response(server->cache[i][k].response);
    free(server);
}
