/* A calendar daemon with 24 alarms, each a timerfd that is replaced now and then (every 60 ops). The
 * mistake: an alarm that is moved by a time zone change (1 in 25 replacements) overwrites the old
 * descriptor. Healthy: 24 descriptors. */
#include "pair.h"
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { ALARMS = 24 };
static int alarm_fd[ALARMS];

static int alarm_open(uint64_t seconds)
{
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(3600 + seconds % 86400)}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd >= 0)
        timerfd_settime(fd, 0, &when, NULL);
    return fd;
}

int heapgate_setup(void)
{
    for (int k = 0; k < ALARMS; k++)
        if ((alarm_fd[k] = alarm_open((uint64_t)k)) < 0)
            return 1;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    if (i % 60 != 59)
        return 0;
    uint64_t r = pair_random(i, 0);
    int *slot = &alarm_fd[r % ALARMS];
    bool zone_change = i / 60 % 25 == 3;
    if (!zone_change || !LEAKS)
        close(*slot);
    *slot = alarm_open(r >> 8);
    return *slot < 0;
}

void heapgate_teardown(void)
{
    for (int k = 0; k < ALARMS; k++)
        close(alarm_fd[k]);
}
