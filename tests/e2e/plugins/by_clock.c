/* Entries that are kept for a time, by the clock that each case reads, or until another thread frees them. */
#include "cases.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

enum { KEPT_MINUTES = 30, BYTES = 40, LOST_BYTES = 24, FREES_EVERY_MS = 400 };

struct entry {
    struct entry *next;
    int64_t seconds;
    char content[BYTES];
};

static struct entry *first, **end = &first;
static void *volatile lost;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t by_clock_gettime(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? now.tv_sec : 0;
}

static int64_t by_gettimeofday(void)
{
    struct timeval now;
    return gettimeofday(&now, NULL) == 0 ? now.tv_sec : 0;
}

static int64_t by_time(void)
{
    return time(NULL);
}

static int64_t by_timespec_get(void)
{
    struct timespec now;
    return timespec_get(&now, TIME_UTC) == TIME_UTC ? now.tv_sec : 0;
}

static void expire(int64_t until)
{
    while (first && first->seconds < until) {
        struct entry *old = first;
        first = old->next;
        free(old);
    }
    if (!first)
        end = &first;
}

static int keep(int64_t now)
{
    struct entry *made = malloc(sizeof *made);
    REQUIRE(made);
    *made = (struct entry){.seconds = now};
    *end = made;
    end = &made->next;
    return 0;
}

static int keep_for_a_time(int64_t now)
{
    expire(now - INT64_C(60) * KEPT_MINUTES);
    return keep(now);
}

#define KEEP_BY(name, clock)                                                                                 \
    static int name(uint64_t i)                                                                              \
    {                                                                                                        \
        (void)i;                                                                                             \
        return keep_for_a_time(clock());                                                                     \
    }
KEEP_BY(gettime, by_clock_gettime)
KEEP_BY(timeofday, by_gettimeofday)
KEEP_BY(seconds, by_time)
KEEP_BY(timespec, by_timespec_get)

static CULPRIT int lose(void)
{
    lost = malloc(LOST_BYTES);
    return lost ? 0 : __LINE__;
}

/* A leak beside entries that expire, of which there are more. */
static int lose_beside(uint64_t i)
{
    int status = gettime(i);
    return status ? status : lose();
}

static int lose_with_time(uint64_t i)
{
    (void)i;
    REQUIRE(by_time() > 0);
    return lose();
}

static void *free_now_and_then(void *nothing)
{
    const struct timespec pause = {.tv_nsec = FREES_EVERY_MS * 1000000};
    for (;;) {
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&lock);
        expire(INT64_MAX);
        pthread_mutex_unlock(&lock);
    }
    return nothing;
}

static int start_thread(void)
{
    static pthread_t thread;
    static int started;
    if (!started)
        started = pthread_create(&thread, NULL, free_now_and_then, NULL) == 0;
    return started ? 0 : __LINE__;
}

static int thread(uint64_t i)
{
    int status = start_thread();
    (void)i;
    pthread_mutex_lock(&lock);
    status = status ? status : keep(0);
    pthread_mutex_unlock(&lock);
    return status;
}

static int lose_beside_thread(uint64_t i)
{
    int status = thread(i);
    return status ? status : lose();
}

static const test_case cases[] = {
    {"gettime", gettime},         {"timeofday", timeofday},
    {"seconds", seconds},         {"timespec", timespec},
    {"lose_beside", lose_beside}, {"lose_with_time", lose_with_time},
    {"thread", thread},           {"lose_beside_thread", lose_beside_thread},
};
RUN_CASES(cases)
