/*
 * Four workers that live as long as the process; each op gives each of them a job, which replaces one of its
 * sessions. Leaking, every twenty-fifth job forgets the session that it replaces.
 */
#include "control.h"
#include "random.h"

#include <pthread.h>

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "job", .default_ops = 2000};

enum { WORKERS = 4, SESSIONS = 64, BYTES = 120 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t given;  /* jobs of each worker */
    size_t finished; /* workers, with the last of them */
    bool failed;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *session_open(void)
{
    return malloc(BYTES);
}

static bool run_job(struct random *random, void **sessions, uint64_t job)
{
    void **session = &sessions[random_below(random, SESSIONS)];
    if (!LEAKS || job % 25 != 0)
        free(*session);
    *session = session_open();
    return *session != NULL;
}

static void *work(void *argument)
{
    static _Thread_local void *sessions[SESSIONS];
    struct random random = random_for_op(heapgate_seed(), (uint64_t)(uintptr_t)argument);
    pthread_mutex_lock(&pool.lock);
    for (uint64_t job = 1;; job++) {
        while (pool.given < job)
            pthread_cond_wait(&pool.changed, &pool.lock);
        pthread_mutex_unlock(&pool.lock);
        bool well = run_job(&random, sessions, job);
        pthread_mutex_lock(&pool.lock);
        pool.failed |= !well;
        pool.finished++;
        pthread_cond_broadcast(&pool.changed);
    }
    return NULL;
}

int heapgate_setup(void)
{
    for (uintptr_t number = 0; number < WORKERS; number++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)number) != 0 || pthread_detach(thread) != 0)
            return 1;
    }
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    pthread_mutex_lock(&pool.lock);
    pool.finished = 0;
    pool.given = i + 1;
    pthread_cond_broadcast(&pool.changed);
    while (pool.finished < WORKERS)
        pthread_cond_wait(&pool.changed, &pool.lock);
    bool well = !pool.failed;
    pthread_mutex_unlock(&pool.lock);
    return well ? 0 : 1;
}
