/* A thread an op makes a result. Healthy, whoever joins it frees it; leaking, the thread is detached and
 * nobody does. */
#include "control.h"

#include <pthread.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "thread", .default_ops = 500};

enum { RESULT_BYTES = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static bool running;

static void *compute(void *argument)
{
    uint64_t *result = malloc(RESULT_BYTES);
    if (result)
        *result = *(const uint64_t *)argument;
    pthread_mutex_lock(&lock);
    running = false;
    pthread_cond_signal(&ended);
    pthread_mutex_unlock(&lock);
    return result;
}

static int wait_until_ended(pthread_t thread)
{
    void *result = NULL;
    pthread_mutex_lock(&lock);
    while (running)
        pthread_cond_wait(&ended, &lock);
    pthread_mutex_unlock(&lock);
    if (LEAKS)
        return pthread_detach(thread);
    int status = pthread_join(thread, &result);
    free(result);
    return status;
}

int heapgate_iterate(uint64_t i)
{
    pthread_t thread;
    running = true;
    return pthread_create(&thread, NULL, compute, &i) || wait_until_ended(thread);
}
