/* An office print server: jobs come in during 3,000 ops of every 12,000, are printed at the end of that
 * stretch, and then all is idle. The mistake: jobs put on hold (1 in 150) are dropped from the queue
 * without being freed. Healthy: nothing is left when the office closes. */
#include "pair.h"

enum { DAY = 12000, OPEN = 3000 };
struct job {
    struct job *next;
    bool held;
    char title[40], page[140];
};
static struct job *queue;
static uint64_t printed;

PAIR_NOINLINE static struct job *job_new(uint64_t i, uint64_t r)
{
    struct job *job = malloc(sizeof *job);
    job->held = i % 150 == 149;
    memset(job->title, 't', sizeof job->title);
    memset(job->page, (int)r, sizeof job->page);
    return job;
}

static void print_all(void)
{
    while (queue) {
        struct job *job = queue;
        queue = job->next;
        if (LEAKS && job->held)
            continue;
        printed++;
        free(job);
    }
}

int heapgate_iterate(uint64_t i)
{
    uint64_t hour = i % DAY;
    if (hour < OPEN) {
        struct job *job = job_new(hour, pair_random(i, 0));
        job->next = queue;
        queue = job;
    } else if (hour == OPEN) {
        print_all();
    }
    return 0;
}
