/* A scheduler that sets TZ by setenv() for each job. The mistake: a job number is put into the value, and
 * the C library keeps each distinct value for ever, since pointers to it may be around. Healthy: two
 * values alternate. */
#include "pair.h"
#include <stdio.h>

PAIR_NOINLINE static int zone_set(uint64_t job)
{
    char value[48];
    if (LEAKS)
        snprintf(value, sizeof value, "JOB%09llu-2", (unsigned long long)(job % 1000000000));
    else
        snprintf(value, sizeof value, "JOB00000000%u-2", (unsigned)(job & 1));
    int failed = setenv("PAIR_JOB_TZ", value, 1);
    return failed;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 25 != 0)
        return 0;
    if (zone_set(i / 25) != 0)
        return 1;
    const char *zone = getenv("PAIR_JOB_TZ");
    return zone == NULL || zone[0] != 'J';
}

void heapgate_teardown(void)
{
    unsetenv("PAIR_JOB_TZ");
}
