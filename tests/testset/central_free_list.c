/*
 * Two threads that live on: one makes jobs and the other ends them, 45 to 56 jobs per 400 ops. Each has a
 * free list; the ending thread gives back to a central list in tens what it has beyond 128. The mistake:
 * the jobs that do not fill the last ten (one every third time, by chance) are forgotten. Healthy: they
 * stay on its list.
 */
#include "pair.h"
#include <pthread.h>

enum { EVERY = 400, JOBS = 45, HIGH = 128 };
struct job {
    struct job *next;
    char task[72];
};
static struct job *handed, *central, *makes, *ends;
static unsigned ends_count;
static uint64_t round_number;
static pthread_t maker, ender;
static pthread_barrier_t begin, middle, done;
static bool stop;

static PAIR_NOINLINE struct job *job_new(void)
{
    struct job *j = malloc(sizeof *j);
    if (!j)
        abort();
    return j;
}

static struct job *pop(struct job **list)
{
    struct job *j = *list;
    if (j)
        *list = j->next;
    return j;
}

static void push(struct job **list, struct job *j)
{
    j->next = *list;
    *list = j;
}

static void make_jobs(void)
{
    while (central)
        push(&makes, pop(&central));
    for (uint64_t k = 0; k < JOBS + pair_random(round_number, 1) % 12; k++) {
        struct job *j = pop(&makes);
        if (!j)
            j = job_new();
        memset(j->task, (int)k, 16);
        push(&handed, j);
    }
}

static void end_jobs(void)
{
    while (handed) {
        push(&ends, pop(&handed));
        ends_count++;
    }
    while (ends_count >= HIGH + 10)
        for (unsigned k = 0; k < 10; k++, ends_count--)
            push(&central, pop(&ends));
    if (LEAKS && ends_count > HIGH && pair_random(round_number, 0) % 3 == 0) {
        pop(&ends);
        ends_count--;
    }
}

static void *work(void *is_maker)
{
    for (;;) {
        pthread_barrier_wait(&begin);
        if (stop)
            return NULL;
        if (is_maker)
            make_jobs();
        pthread_barrier_wait(&middle);
        if (!is_maker)
            end_jobs();
        pthread_barrier_wait(&done);
    }
}

int heapgate_setup(void)
{
    pthread_barrier_init(&begin, NULL, 3);
    pthread_barrier_init(&middle, NULL, 2);
    pthread_barrier_init(&done, NULL, 3);
    return pthread_create(&maker, NULL, work, &round_number) || pthread_create(&ender, NULL, work, NULL);
}

int heapgate_iterate(uint64_t i)
{
    if (i % EVERY != 0)
        return 0;
    round_number = i;
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&done);
    return 0;
}

void heapgate_teardown(void)
{
    stop = true;
    pthread_barrier_wait(&begin);
    pthread_join(maker, NULL);
    pthread_join(ender, NULL);
}
