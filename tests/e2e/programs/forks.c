/*
 * A server with two workers: forks them, and waits. One of them keeps a block of each request; the third
 * child ends at once. forks REQUESTS PAUSE_US ["late": it serves so many requests before it forks]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void *volatile kept;

static long milliseconds_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
}

static void serve(long requests, long pause_us, int leaks)
{
    const struct timespec pause = {.tv_nsec = pause_us * 1000};
    struct timespec begin;
    long count = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long i = 0; i < requests; i++) {
        for (long now = milliseconds_since(&begin); leaks && count < now; count++)
            kept = malloc(72); /* here: worker */
        kept = malloc(10);
        free(kept);
        nanosleep(&pause, NULL);
    }
}

static void start(long requests, long pause_us, int leaks)
{
    if (fork() != 0)
        return;
    serve(requests, pause_us, leaks);
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    long requests = atol(argv[1]);
    long pause_us = atol(argv[2]);
    if (argc > 3)
        serve(requests, pause_us, 0);
    start(requests, pause_us, 1);
    start(requests, pause_us, 0);
    start(1, 0, 0);
    /* The parent works on, so that there are rounds. */
    serve(requests, pause_us, 0);
    while (wait(NULL) > 0)
        continue;
    puts("all workers ended");
    return 0;
}
