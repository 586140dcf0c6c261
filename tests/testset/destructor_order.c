/*
 * Threads that come and go, one per 500 ops, with a logger that has a buffer per thread. The mistake: the
 * logger's own destructor runs first, then that of the connection logs that it was closed (1 thread in 4,
 * by chance), with which the thread gets another buffer, that goes to a plain thread-local pointer.
 * Healthy: the key is set again.
 */
#include "pair.h"
#include <pthread.h>

static pthread_key_t logger_key, connection_key;
static _Thread_local char *buffer;

static PAIR_NOINLINE char *buffer_new(void)
{
    char *b = malloc(300);
    if (!b)
        abort();
    return memset(b, 0, 300);
}

static void log_text(const char *text, bool ending)
{
    if (!buffer) {
        buffer = buffer_new();
        if (!ending || !LEAKS)
            pthread_setspecific(logger_key, buffer);
    }
    strcpy(buffer, text);
}

static void logger_end(void *b)
{
    free(b);
    buffer = NULL;
}

static void connection_end(void *c)
{
    bool logs = *(char *)c;
    free(c);
    if (logs)
        log_text("closed", true);
}

static void *serve(void *logs)
{
    char *connection = malloc(64);
    if (!connection)
        abort();
    *connection = logs != NULL;
    pthread_setspecific(connection_key, connection);
    log_text("opened", false);
    return NULL;
}

int heapgate_setup(void)
{
    return pthread_key_create(&logger_key, logger_end) || pthread_key_create(&connection_key, connection_end);
}

int heapgate_iterate(uint64_t i)
{
    pthread_t thread;
    if (i % 500 != 0)
        return 0;
    void *logs = pair_random(i, 0) % 4 == 0 ? &logger_key : NULL;
    return pthread_create(&thread, NULL, serve, logs) || pthread_join(thread, NULL);
}
