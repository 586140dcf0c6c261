/* A load balancer probes its backends in a short thread every 700 ops. The mistake: the probe of a backend
 * that is marked down (1 in 2) is started, but never joined nor detached. Healthy: every probe is joined.
 * */
#include "pair.h"
#include <pthread.h>

static pthread_attr_t attributes;
static uint64_t alive;

static void *probe(void *argument)
{
    __atomic_fetch_add(&alive, (uintptr_t)argument % 2, __ATOMIC_RELAXED);
    return NULL;
}

PAIR_NOINLINE static int probe_start(pthread_t *thread, uint64_t backend)
{
    int failed = pthread_create(thread, &attributes, probe, (void *)(uintptr_t)backend);
    if (failed)
        abort();
    return failed;
}

int heapgate_setup(void)
{
    return pthread_attr_init(&attributes) || pthread_attr_setstacksize(&attributes, 65536);
}

int heapgate_iterate(uint64_t i)
{
    pthread_t thread;
    if (i % 700 != 699)
        return 0;
    if (probe_start(&thread, i))
        return 1;
    bool down = i / 700 % 2;
    if (!down || !LEAKS)
        pthread_join(thread, NULL);
    return 0;
}
