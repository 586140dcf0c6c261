/*
 * A scheduler keeps the attributes of threads with their processors, of which the C library makes a copy;
 * one is prepared per 20 ops. The mistake: attributes of a task that moved to another node (1 in 12, by
 * chance) are initialised again without being destroyed. Healthy: they are destroyed first. No thread is
 * started.
 */
#include "control.h"
#include "random.h"
#include <pthread.h>
#include <sched.h>

enum { TASKS = 30 };
static pthread_attr_t attributes[TASKS];
static bool made[TASKS];

__attribute__((noinline)) static int place(pthread_attr_t *a, unsigned processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return pthread_attr_init(a) || pthread_attr_setaffinity_np(a, sizeof set, &set);
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    uint64_t r = random_next(&random);
    unsigned task = (unsigned)(i / 20 % TASKS);
    if (i % 20 != 0)
        return 0;
    bool moved = r % 12 == 0;
    if (made[task] && !(moved && LEAKS))
        pthread_attr_destroy(&attributes[task]);
    made[task] = true;
    return place(&attributes[task], (unsigned)(r >> 20) % 64);
}
