/* Workloads whose speed is known, or must not be told; HEAPGATE_TEST_CASE chooses one. */
#include "cases.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

static void *volatile last;
static pthread_t thread;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static bool is_case(const char *name)
{
    const char *chosen = getenv("HEAPGATE_TEST_CASE");
    return chosen && strcmp(chosen, name) == 0;
}

static void *wait_for_the_end(void *data)
{
    pthread_mutex_lock(&held);
    pthread_mutex_unlock(&held);
    return data;
}

/* A library that cannot stand to be as fast as it is without the probe. */
static bool is_fast(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return !preload || !strstr(preload, "probe");
}

int heapgate_setup(void)
{
    if (!is_case("thread"))
        return 0;
    pthread_mutex_lock(&held);
    return pthread_create(&thread, NULL, wait_for_the_end, NULL);
}

int heapgate_iterate(uint64_t i)
{
    last = malloc(100);
    free(last);
    if (is_case("sleeps"))
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    if (is_case("crashes_when_fast") && is_fast())
        abort();
    /* The inputs of three looks, of which the last has ten measured rounds and two of warm-up, of 16,000 ops
     * each. */
    return is_case("runs_out") && i >= 192000;
}

void heapgate_teardown(void)
{
    if (!is_case("thread"))
        return;
    pthread_mutex_unlock(&held);
    pthread_join(thread, NULL);
}
