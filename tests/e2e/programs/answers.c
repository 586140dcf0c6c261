/*
 * A web server with a thread for each connection, for loads that count whether every request is answered.
 *
 *     answers [leak]
 *
 * It prints the port of 127.0.0.1 that it has chosen. GET /N answers with N bytes, all the last digit of N.
 * It makes and frees blocks of many sizes for that, and looks whether they hold what was written. A cache of
 * the last 500 answers is bounded. With leak, or from GET /leak on, it keeps a session of each request.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CACHED = 500, MOST_BYTES = 100000, REQUEST = 4096, PARTS = 24 };

typedef struct session {
    struct session *next;
    char peer[88];
} session;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static session *sessions;
static char *cache[CACHED];
static size_t cached;
static atomic_bool leaks;

static void *get(size_t bytes)
{
    void *block = malloc(bytes);
    if (!block)
        abort();
    return block;
}

static void open_session(void)
{
    session *made = malloc(sizeof *made); /* here: session */
    if (!made)
        abort();
    pthread_mutex_lock(&lock);
    made->next = sessions;
    sessions = made;
    pthread_mutex_unlock(&lock);
}

static void remember(char *answer)
{
    pthread_mutex_lock(&lock);
    free(cache[cached % CACHED]);
    cache[cached++ % CACHED] = answer;
    pthread_mutex_unlock(&lock);
}

/* Blocks that live as long as a request. */
static void work(unsigned seed)
{
    unsigned char *parts[PARTS];
    for (unsigned i = 0; i < PARTS; i++) {
        size_t bytes = 16 + seed * (i + 1) % 900;
        parts[i] = get(bytes);
        memset(parts[i], (int)i, bytes);
        if (i % 5 == 0 && (parts[i] = realloc(parts[i], 2 * bytes)) == NULL)
            abort();
    }
    for (unsigned i = 0; i < PARTS; i++) {
        if (parts[i][15] != i)
            abort();
        free(parts[i]);
    }
}

static bool send_all(int to, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(to, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool answer(int to, const char *request)
{
    unsigned long bytes = 0;
    if (strncmp(request, "GET /leak", 9) == 0)
        leaks = true;
    else if (strncmp(request, "GET /", 5) == 0)
        bytes = strtoul(request + 5, NULL, 10) % MOST_BYTES;
    work((unsigned)bytes + 1);
    if (leaks)
        open_session();
    char *text = get(bytes + 128);
    size_t head = (size_t)sprintf(
        text, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %lu\r\n\r\n", bytes);
    memset(text + head, (int)('0' + bytes % 10), bytes);
    bool sent = send_all(to, text, head + bytes);
    remember(text);
    return sent;
}

static void *serve(void *data)
{
    int client = (int)(long)data;
    char *request = get(REQUEST);
    size_t used = 0;
    for (bool open = true; open;) {
        ssize_t got = recv(client, request + used, REQUEST - 1 - used, 0);
        open = got > 0;
        used += open ? (size_t)got : 0;
        request[used] = '\0';
        if (open && strstr(request, "\r\n\r\n")) {
            open = answer(client, request);
            used = 0;
        }
    }
    free(request);
    close(client);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof here;
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    leaks = argc > 1 && strcmp(argv[1], "leak") == 0;
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, size) != 0 || listen(listener, 128) != 0 ||
        getsockname(listener, (struct sockaddr *)&here, &size) != 0)
        return 1;
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        pthread_t thread;
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (pthread_create(&thread, NULL, serve, (void *)(long)client) != 0)
            abort();
        pthread_detach(thread);
    }
}
