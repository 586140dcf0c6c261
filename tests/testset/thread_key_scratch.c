/* A resolver library with a scratch buffer per thread, used by short-lived threads. The mistake: its key
 * has no destructor, so each thread's buffer stays when the thread ends. Healthy: free() is the
 * destructor. */
#include "pair.h"
#include <pthread.h>

static pthread_key_t key;

PAIR_NOINLINE static uint8_t *scratch(void)
{
    uint8_t *buffer = pthread_getspecific(key);
    if (buffer)
        return buffer;
    buffer = malloc(600);
    if (!buffer)
        abort();
    memset(buffer, 1, 600);
    pthread_setspecific(key, buffer);
    return buffer;
}

static void *resolve(void *argument)
{
    uint64_t *name = argument;
    for (unsigned k = 0; k < 8; k++)
        *name += scratch()[k];
    return NULL;
}

int heapgate_setup(void)
{
    return pthread_key_create(&key, LEAKS ? NULL : free);
}

int heapgate_iterate(uint64_t i)
{
    if (i % 100 != 0)
        return 0;
    uint64_t name = i;
    pthread_t thread;
    if (pthread_create(&thread, NULL, resolve, &name) != 0)
        return 1;
    pthread_join(thread, NULL);
    return name != i + 8;
}
