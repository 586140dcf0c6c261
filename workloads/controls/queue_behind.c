/*
 * A queue that is served in order, every job of it; but leaking, one op in ten has no time to serve, so that
 * the queue and the wait in it become longer and longer. Every block is freed in the end.
 */
#include "control.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "job", .default_ops = 10000};

enum { JOB_BYTES = 64, MOST_WAITING = 1 << 20 };

static void *waiting[MOST_WAITING];
static uint64_t arrived, served;

static void *job_new(void)
{
    return calloc(1, JOB_BYTES);
}

static void job_serve(void)
{
    if (served < arrived)
        free(waiting[served++ % MOST_WAITING]);
}

int heapgate_iterate(uint64_t i)
{
    void *job = job_new();
    if (!job || arrived - served >= MOST_WAITING)
        return 1;
    waiting[arrived++ % MOST_WAITING] = job;
    if (!LEAKS || i % 10 != 0)
        job_serve();
    return 0;
}
