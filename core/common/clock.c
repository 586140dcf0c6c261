#include "clock.h"

#include <time.h>

uint64_t toka_clock_monotonic_ms(void *unused)
{
    struct timespec now;

    (void)unused;
    /* Ticks of a few ms are fine for idle times, and reading them costs a third of the precise clock. */
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
