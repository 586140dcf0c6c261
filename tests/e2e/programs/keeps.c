/*
 * A program that keeps blocks, and then is scanned: keeps WAY [FILE]. Where it waits it writes its process id
 * to the file first, and it ends with status 9 if it was disturbed. After a sleep or much work it ends by
 * _exit, which leaves no time for a scan at the end.
 *
 * returns   keeps a list, and frees it in an exit handler, after main has returned
 * exits     keeps one in a variable of a function that calls exit
 * waits     keeps one, and waits for events that never come
 * rests     keeps one, and sleeps for two seconds
 * threads   keeps one in a local variable of a thread, and its first thread ends
 * computes  keeps one, and calls nothing any more, for two seconds
 * churns    keeps one, and allocates blocks of which it forgets all but the latest, for two seconds
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 600, PAUSE_NS = 500000, SECONDS = 2, DISTURBED = 9 };

struct entry {
    struct entry *next;
    char room[32];
};

static struct entry *entries; /* here: entries */
static const char *file;
static void *volatile latest;

static void keep(struct entry **list)
{
    for (int i = 0; i < BLOCKS; i++) {
        struct entry *made = malloc(sizeof *made);
        if (!made)
            abort();
        made->next = *list;
        *list = made;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
}

static void tell(void)
{
    FILE *to = fopen(file, "w");
    if (!to || fprintf(to, "%d", (int)getpid()) < 0 || fclose(to) != 0)
        abort();
}

static void free_all(void)
{
    for (struct entry *next; entries; entries = next) {
        next = entries->next;
        free(entries);
    }
}

static __attribute__((noinline)) void keep_and_exit(void)
{
    struct entry *volatile mine = NULL;
    keep((struct entry **)&mine);
    exit(mine ? 0 : 1);
}

static int wait_for_events(void)
{
    struct epoll_event event;
    int events = epoll_create1(0);
    tell();
    return epoll_wait(events, &event, 1, -1) < 0 ? DISTURBED : 0;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int rest(void)
{
    struct timespec left = {.tv_sec = SECONDS};
    double begun = seconds();
    tell();
    return nanosleep(&left, &left) != 0 || seconds() - begun < SECONDS ? DISTURBED : 0;
}

/* The sum is kept in a register of floating point. */
static int compute(void)
{
    double begun = seconds();
    double sum = 0;
    double count = 0;
    tell();
    while (seconds() - begun < SECONDS)
        for (int i = 0; i < 1000; i++) {
            sum += 0.5;
            count += 1;
        }
    return sum != count / 2 ? DISTURBED : 0;
}

static __attribute__((noinline)) int churn(void)
{
    double begun = seconds();
    tell();
    while (seconds() - begun < SECONDS) {
        latest = malloc(40);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return 0;
}

static void *keep_and_sleep(void *unused)
{
    struct entry *volatile mine = NULL;
    keep((struct entry **)&mine);
    int status = rest();
    _exit(mine ? status : 1);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    const char *way = argc > 1 ? argv[1] : "";
    file = argc > 2 ? argv[2] : "/dev/null";
    if (strcmp(way, "exits") == 0)
        keep_and_exit();
    if (strcmp(way, "threads") == 0) {
        if (pthread_create(&thread, NULL, keep_and_sleep, NULL) != 0)
            return 1;
        pthread_exit(NULL);
    }
    keep(&entries);
    if (strcmp(way, "returns") == 0)
        return atexit(free_all);
    if (strcmp(way, "waits") == 0)
        return wait_for_events();
    if (strcmp(way, "churns") == 0)
        _exit(churn());
    _exit(strcmp(way, "computes") == 0 ? compute() : rest());
}
