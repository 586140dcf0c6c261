/*
 * Threads that run the ops of a storm. Op i runs on thread i modulo the number of threads, and each thread
 * runs its ops in order. So only the interleaving differs between runs.
 *
 * Ops run in batches. Between batches the threads sleep and nothing is in flight. Nothing is allocated after
 * crew_start.
 */
#ifndef WORKLOADS_CREW_H
#define WORKLOADS_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { CREW_MOST_THREADS = 64, CREW_BATCH = 64 /* ops a thread */ };

/* Carries out op i as thread `member`; nonzero when it failed. */
typedef int (*crew_work_fn)(uint32_t member, uint64_t i);

struct crew_member {
    struct crew *crew;
    pthread_t thread;
    uint32_t number; /* from 0 */
};

/* All zero is a crew without threads. */
struct crew {
    crew_work_fn work;
    struct crew_member members[CREW_MOST_THREADS];
    uint32_t size; /* threads started */

    uint64_t first, end; /* ops collected for the next batch; the caller's alone */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    uint64_t batch; /* number of the batch under way or over */
    uint64_t batch_first, batch_end;
    uint32_t busy; /* threads not yet done with it */
    bool failed, leaving;
};

/* Starts `size` threads, 1 to CREW_MOST_THREADS. On failure returns nonzero and leaves nothing behind. */
int crew_start(struct crew *crew, uint32_t size, crew_work_fn work);

/*
 * Collects op i, which follows the last one; once there are CREW_BATCH a thread, has them carried out.
 * Nonzero once any op has failed.
 */
int crew_add(struct crew *crew, uint64_t i);

/* Has all collected ops carried out, and waits for them. Nonzero once any op has failed. */
int crew_finish(struct crew *crew);

/* Ends the threads, without what is still only collected. A crew without threads is fine. */
void crew_stop(struct crew *crew);

#endif
