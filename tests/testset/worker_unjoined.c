/* A server that gives each batch of 200 requests to a short-lived thread. The mistake: a batch that is
 * found to be empty returns before the join, so the thread's stack and descriptor stay. Healthy: every
 * thread is joined. */
#include "pair.h"
#include <pthread.h>
#include <sched.h>

enum { BATCH = 200 };

struct batch {
    uint32_t item[BATCH];
    uint32_t sum;
};

static struct batch pending;
static uint64_t batches;

static void *work(void *argument)
{
    struct batch *batch = argument;
    uint32_t sum = 0;
    for (size_t k = 0; k < BATCH; k++)
        sum = sum * 31 + batch->item[k];
    __atomic_store_n(&batch->sum, sum | 1, __ATOMIC_RELEASE);
    return NULL;
}

PAIR_NOINLINE static int run_batch(bool empty)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    pending.sum = 0;
    int failed = pthread_create(&thread, &attributes, work, &pending);
    pthread_attr_destroy(&attributes);
    if (failed)
        return failed;
    while (empty && __atomic_load_n(&pending.sum, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    if (empty && LEAKS)
        return 0;
    return pthread_join(thread, NULL);
}

int heapgate_iterate(uint64_t i)
{
    pending.item[i % BATCH] = (uint32_t)pair_random(i, 0);
    if (i % BATCH != BATCH - 1)
        return 0;
    return run_batch(++batches % 8 == 0);
}
