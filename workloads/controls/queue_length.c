/*
 * A queue near its limit: an arrival in 45 % of ops, a departure in 50 %, so that its length wanders far and
 * slowly. Leaking, every twentieth that departs is not freed.
 */
#include "control.h"
#include "random.h"

HEAPGATE_EXPORT const struct heapgate_info heapgate_info = {.unit = "tick", .default_ops = 100000};

typedef struct job {
    struct job *next;
    char body[88];
} job;

static job *first, *last;
static uint64_t departed;

static job *job_arrive(void)
{
    job *arrived = calloc(1, sizeof *arrived);
    if (!arrived)
        return NULL;
    if (first)
        last->next = arrived;
    else
        first = arrived;
    last = arrived;
    return arrived;
}

static void job_depart(void)
{
    job *served = first;
    if (!served)
        return;
    first = served->next;
    departed++;
    if (!LEAKS || departed % 20 != 0)
        free(served);
}

int heapgate_iterate(uint64_t i)
{
    struct random random = random_for_op(heapgate_seed(), i);
    if (random_percent(&random, 45) && !job_arrive())
        return 1;
    if (random_percent(&random, 50))
        job_depart();
    return 0;
}
