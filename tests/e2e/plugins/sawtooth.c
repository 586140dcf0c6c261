/*
 * A queue that is filled by each op and drained in batches, by another thread, down to a floor that is never
 * left. Beside it, one block in SAWTOOTH_LEAK_EVERY ops is lost.
 */
#include "sawtooth.h"

#include <heapgate/workload.h>
#include <pthread.h>
#include <stdlib.h>

static void *queue[SAWTOOTH_PERIOD + SAWTOOTH_FLOOR];
static size_t queued;
static void *volatile lost;

static void *drain(void *data)
{
    while (queued > SAWTOOTH_FLOOR)
        free(queue[--queued]);
    return data;
}

int heapgate_iterate(uint64_t i)
{
    pthread_t thread;
    queue[queued++] = malloc(SAWTOOTH_BYTES);
    if (i % SAWTOOTH_LEAK_EVERY == 0)
        lost = malloc(SAWTOOTH_BYTES);
    if (i % SAWTOOTH_PERIOD != SAWTOOTH_PERIOD - 1)
        return 0;
    return pthread_create(&thread, NULL, drain, NULL) || pthread_join(thread, NULL);
}
