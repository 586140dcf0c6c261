/*
 * A program as heapgate exec meets it: serves REQUESTS requests, with a pause after each, and says so.
 *
 *     serves KIND REQUESTS PAUSE_US [STATUS]
 *
 * leak     keeps one block of each request, reachable
 * clean    keeps nothing
 * cache    keeps the last 20
 * clock    keeps one block for each millisecond since it began, whatever else the machine does
 * files    opens a file in each request, and leaves every twentieth open
 * late     keeps one block of each request from the middle on, and only the last one before
 * builds   the same, but allocates little else before
 * batches  keeps one block of each request, and gives all of them back before the middle
 * drains   keeps one block of each request, beside a queue that fills for a while, and drains
 * backlog  takes in three jobs in each request, and does two of them
 * ramp     takes in more and more jobs, and does each of them a dozen requests later
 * volume   keeps one block of each request, of which each allocates a mebibyte
 */
#include <fcntl.h>
#include <heapgate/mark.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 48, CACHED = 20, QUEUED = 100, MEBIBYTE = 1 << 20, PARTS = 16 };

typedef struct session {
    struct session *next;
    char data[BLOCK - sizeof(struct session *)];
} session;

static session *sessions;
static void *cache[CACHED];
static void *volatile scratch;

static void open_session(void)
{
    session *made = malloc(sizeof *made); /* here: session */
    if (!made)
        abort();
    made->next = sessions;
    sessions = made;
}

static void work(size_t bytes)
{
    for (int i = 0; i < PARTS; i++) {
        scratch = malloc(bytes / PARTS);
        free(scratch);
    }
}

static long milliseconds(void)
{
    static struct timespec began;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (began.tv_sec == 0)
        began = now;
    return (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
}

/* Fills for a quarter of the requests, and drains after two thirds of them. */
static void queue_up(long request, long requests)
{
    static session *queue;
    bool fills = 12 * request >= 5 * requests && 12 * request < 8 * requests;
    for (int i = 0; i < QUEUED && fills; i++) {
        session *made = malloc(sizeof *made);
        if (!made)
            abort();
        made->next = queue;
        queue = made;
    }
    while (queue && !fills) {
        session *next = queue->next;
        free(queue);
        queue = next;
    }
}

typedef struct job {
    struct job *next;
    long due;
} job;

/* Each request brings in so many jobs, which are done in their order when they are due. */
static void do_jobs(long request, long brought, long most, long delay)
{
    static job *first, **end = &first;
    for (long i = 0; i < brought; i++) {
        *end = malloc(sizeof **end);
        if (!*end)
            abort();
        **end = (job){.due = request + delay};
        end = &(*end)->next;
    }
    for (long i = 0; i < most && first && first->due <= request; i++) {
        job *done = first;
        first = done->next;
        if (!first)
            end = &first;
        free(done);
    }
}

static void end_batch(void)
{
    while (sessions) {
        session *next = sessions->next;
        free(sessions);
        sessions = next;
    }
}

static void serve(const char *kind, long request, bool late)
{
    static bool was_late;
    bool batches = strcmp(kind, "batches") == 0;
    if (batches && late && !was_late)
        end_batch();
    was_late = late;
    static long kept;
    bool builds = strcmp(kind, "builds") == 0;
    if (builds || strcmp(kind, "late") == 0) {
        session *before = late ? NULL : sessions;
        open_session();
        if (before)
            sessions->next = NULL;
        free(before);
    }
    if (builds && !late)
        return;
    if (strcmp(kind, "ramp") == 0) {
        do_jobs(request, request, LONG_MAX, 12);
        return;
    }
    work(strcmp(kind, "volume") == 0 ? MEBIBYTE : 1024);
    if (batches || strcmp(kind, "leak") == 0 || strcmp(kind, "volume") == 0 || strcmp(kind, "drains") == 0)
        open_session();
    if (strcmp(kind, "clock") == 0)
        for (long now = milliseconds(); kept < now; kept++)
            open_session();
    if (strcmp(kind, "cache") == 0) {
        free(cache[request % CACHED]);
        cache[request % CACHED] = malloc(BLOCK);
    }
    if (strcmp(kind, "backlog") == 0)
        do_jobs(request, 3, 2, 0);
    if (strcmp(kind, "files") == 0) {
        int file = open("/dev/null", O_RDONLY);
        if (request % 20 != 0)
            close(file);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    long requests = atol(argv[2]);
    const struct timespec pause = {.tv_nsec = atol(argv[3]) * 1000};
    for (long i = 0; i < requests; i++) {
        long sooner = strcmp(argv[1], "batches") == 0 ? 4 : 0;
        serve(argv[1], i, 2 * (i + sooner) > requests + 2);
        if (strcmp(argv[1], "drains") == 0)
            queue_up(i, requests);
        heapgate_mark();
        printf("request %ld served\n", i);
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
    return argc > 4 ? atoi(argv[4]) : 0;
}
