/* A job queue with retries after 64, 128, 256, 512 and 1,024 ops. The mistake: jobs that failed five times
 * go to a dead letter list without a limit. Healthy: that list is a ring of 500, full after 60,000 ops or
 * so. */
#include "pair.h"

enum { WHEEL = 2048, DEAD = 500 };

struct job {
    struct job *next;
    unsigned attempts;
    bool cursed;
    uint8_t arguments[110];
};

static struct job *wheel[WHEEL];
static struct job *ring[DEAD];
static struct job *dead;
static uint64_t dead_count;

PAIR_NOINLINE static struct job *job_new(uint64_t i)
{
    struct job *job = malloc(sizeof *job);
    if (!job)
        abort();
    job->next = NULL;
    job->attempts = 0;
    job->cursed = pair_random(i, 0) % 120 == 0;
    memset(job->arguments, (int)(i & 127), sizeof job->arguments);
    return job;
}

static void bury(struct job *job)
{
    uint64_t number = dead_count++;
    if (LEAKS) {
        job->next = dead;
        dead = job;
        return;
    }
    free(ring[number % DEAD]);
    ring[number % DEAD] = job;
}

static void attempt(struct job *job, uint64_t now)
{
    if (!job->cursed && (job->attempts > 0 || now % 4 != 0)) {
        free(job);
        return;
    }
    if (++job->attempts > 5) {
        bury(job);
        return;
    }
    struct job **slot = &wheel[(now + (32u << job->attempts)) % WHEEL];
    job->next = *slot;
    *slot = job;
}

int heapgate_iterate(uint64_t i)
{
    struct job *due = wheel[i % WHEEL];
    wheel[i % WHEEL] = NULL;
    while (due) {
        struct job *next = due->next;
        attempt(due, i);
        due = next;
    }
    attempt(job_new(i), i);
    return 0;
}
