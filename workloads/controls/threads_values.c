/* Every thread keeps a value of its own; leaking, the key was made without a destructor. */
#include "control.h"

#include <pthread.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "thread", .default_ops = 500};

enum { BUFFER_BYTES = 512 };

static pthread_key_t key;

static void *thread_buffer(void)
{
    void *buffer = malloc(BUFFER_BYTES);
    if (buffer && pthread_setspecific(key, buffer) == 0)
        return buffer;
    free(buffer);
    return NULL;
}

static void *serve(void *unused)
{
    (void)unused;
    char *buffer = thread_buffer();
    if (buffer)
        buffer[0] = 1;
    return buffer;
}

int heapgate_setup(void)
{
    return pthread_key_create(&key, LEAKS ? NULL : free);
}

int heapgate_iterate(uint64_t i)
{
    (void)i;
    pthread_t thread;
    void *buffer = NULL;
    return pthread_create(&thread, NULL, serve, NULL) || pthread_join(thread, &buffer) || !buffer;
}
