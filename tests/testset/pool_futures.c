/* A worker thread that takes a task from a mailbox and fulfils its future. The mistake: a caller that gave
 * up on a future leaves it to the worker, which does not free it either. Healthy: the worker frees
 * abandoned ones. */
#include "pair.h"
#include <pthread.h>

struct future {
    uint64_t input, output;
    bool abandoned, done;
    uint8_t context[64];
};

static pthread_t worker;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct future *mailbox;
static bool busy, stop;

PAIR_NOINLINE static struct future *future_new(uint64_t input, bool abandoned)
{
    struct future *future = calloc(1, sizeof *future);
    if (!future)
        abort();
    future->input = input;
    future->abandoned = abandoned;
    return future;
}

static void *work(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!mailbox && !stop)
            pthread_cond_wait(&changed, &lock);
        if (!mailbox)
            break;
        struct future *future = mailbox;
        mailbox = NULL;
        future->output = future->input * 3;
        future->done = true;
        if (future->abandoned && !LEAKS)
            free(future);
        busy = false;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static void drain(void)
{
    while (busy)
        pthread_cond_wait(&changed, &lock);
}

int heapgate_setup(void)
{
    return pthread_create(&worker, NULL, work, NULL);
}

int heapgate_iterate(uint64_t i)
{
    if (i % 32 != 0)
        return 0;
    bool abandoned = i / 32 % 24 == 5;
    struct future *future = future_new(i, abandoned);
    pthread_mutex_lock(&lock);
    drain();
    mailbox = future;
    busy = true;
    pthread_cond_broadcast(&changed);
    if (!abandoned) {
        drain();
        free(future);
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

void heapgate_quiesce(void)
{
    pthread_mutex_lock(&lock);
    drain();
    pthread_mutex_unlock(&lock);
}

void heapgate_teardown(void)
{
    pthread_mutex_lock(&lock);
    stop = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(worker, NULL);
}
