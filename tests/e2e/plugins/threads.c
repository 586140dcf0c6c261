/* Blocks that cross threads, and threads that come and go. */
#include "cases.h"

#include <pthread.h>
#include <stdbool.h>

static void *volatile kept;

/* One worker for the whole run: takes blocks from a slot and frees them, or puts new ones there. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void *slot;
static bool worker_runs;

static void *free_what_comes(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!slot)
            pthread_cond_wait(&changed, &lock);
        free(slot);
        slot = NULL;
        pthread_cond_broadcast(&changed);
    }
    return unused;
}

static int hand_over(void *block)
{
    pthread_t thread;
    REQUIRE(block);
    if (!worker_runs)
        REQUIRE(pthread_create(&thread, NULL, free_what_comes, NULL) == 0 && pthread_detach(thread) == 0);
    worker_runs = true;
    pthread_mutex_lock(&lock);
    slot = block;
    pthread_cond_broadcast(&changed);
    while (slot)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return 0;
}

static int free_elsewhere(uint64_t i)
{
    return hand_over(malloc(i % 200 + 1));
}

static CULPRIT int free_half_elsewhere(uint64_t i)
{
    void *block = malloc(24); /* here: half_freed_elsewhere */
    kept = block;
    return i % 2 ? hand_over(block) : 0;
}

static void *use_and_free(void *argument)
{
    char *volatile block = malloc(100);
    if (block)
        memset(block, 1, 100);
    free(block);
    return argument;
}

static int run_thread(void *(*body)(void *), void *argument, void **ret_result)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, body, argument) == 0);
    REQUIRE(pthread_join(thread, ret_result) == 0);
    return 0;
}

static int start_short_thread(uint64_t i)
{
    (void)i;
    return run_thread(use_and_free, NULL, NULL);
}

static CULPRIT void *lose_in_thread(void *argument)
{
    kept = malloc(40); /* here: leak_in_thread */
    return argument;
}

static int leak_in_thread(uint64_t i)
{
    (void)i;
    return run_thread(lose_in_thread, NULL, NULL);
}

/* Thread-specific data is freed by a destructor that runs past the end of the thread's own work. */
static pthread_key_t key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;

static void free_late(void *block)
{
    void *more = malloc(50);
    kept = more;
    free(more);
    free(block);
}

static void make_key(void)
{
    if (pthread_key_create(&key, free_late) != 0)
        abort();
}

static void *set_specific(void *argument)
{
    pthread_setspecific(key, malloc(60));
    return argument;
}

static int free_in_destructor(uint64_t i)
{
    (void)i;
    pthread_once(&key_made, make_key);
    return run_thread(set_specific, NULL, NULL);
}

/* Four at once, each with its own blocks and its own leak. */
static CULPRIT void *lose_one_of_many(void *argument)
{
    for (int i = 0; i < 50; i++) {
        void *block = malloc(32); /* here: parallel */
        kept = block;
        if (i % 10)
            free(block);
    }
    return argument;
}

static int work_in_parallel(uint64_t i)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    (void)i;
    for (int t = 0; t < THREADS; t++)
        REQUIRE(pthread_create(&threads[t], NULL, lose_one_of_many, NULL) == 0);
    for (int t = 0; t < THREADS; t++)
        REQUIRE(pthread_join(threads[t], NULL) == 0);
    return 0;
}

static const test_case cases[] = {
    {"freed_elsewhere", free_elsewhere},   {"half_freed_elsewhere", free_half_elsewhere},
    {"short_threads", start_short_thread}, {"leak_in_thread", leak_in_thread},
    {"destructor", free_in_destructor},    {"parallel", work_in_parallel},
};
RUN_CASES(cases)
