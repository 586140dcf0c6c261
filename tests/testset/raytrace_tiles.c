/* A ray tracer with 16 worker threads that render a row of tiles every 400 ops. The mistake: worker 11,
 * which owns the region with glass, keeps one hit record per row. Healthy: each worker frees its twelve
 * records. */
#include "pair.h"
#include <pthread.h>

enum { WORKERS = 16, ROW = 400, HITS = 12 };
struct hit {
    double position[3], normal[3];
    uint64_t material[4];
};
static pthread_t worker[WORKERS];
static pthread_barrier_t start, done;
static bool stopping;
static double light[WORKERS];

PAIR_NOINLINE static struct hit *hit_new(uint64_t id)
{
    struct hit *hit = calloc(1, sizeof *hit);
    hit->position[id % 3] = (double)id;
    return hit;
}

static void *run(void *argument)
{
    uintptr_t id = (uintptr_t)argument;
    for (;;) {
        pthread_barrier_wait(&start);
        if (stopping)
            return NULL;
        for (uint64_t k = 0; k < HITS; k++) {
            struct hit *hit = hit_new(id + k);
            light[id] += hit->position[0];
            bool glass = id == 11 && k == 0;
            if (!glass || !LEAKS)
                free(hit);
        }
        pthread_barrier_wait(&done);
    }
}

int heapgate_setup(void)
{
    pthread_barrier_init(&start, NULL, WORKERS + 1);
    pthread_barrier_init(&done, NULL, WORKERS + 1);
    for (uintptr_t k = 0; k < WORKERS; k++)
        if (pthread_create(&worker[k], NULL, run, (void *)k))
            return 1;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % ROW == ROW - 1) {
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&done);
    }
    return 0;
}

void heapgate_teardown(void)
{
    stopping = true;
    pthread_barrier_wait(&start);
    for (int k = 0; k < WORKERS; k++)
        pthread_join(worker[k], NULL);
}
