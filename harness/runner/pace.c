#include "runner/pace.h"

#include "record/assert.h"
#include "runner/system.h"
#include <time.h>

#define LONGEST_SLEEP_NS INT64_C(50000000)
#define MOST_BEHIND_NS   INT64_C(1000000000)

hg_pace hg_pace_start(int64_t period_ns)
{
    HG_PROBE_ASSERT(period_ns >= 0);
    return (hg_pace){.period_ns = period_ns, .due_ns = hg_system_now_ns()};
}

bool hg_pace_due(hg_pace *pace)
{
    if (pace->period_ns == 0)
        return true;
    int64_t now = hg_system_now_ns();
    int64_t left = pace->due_ns - now;
    if (left > 0) {
        struct timespec sleep = {.tv_nsec = left < LONGEST_SLEEP_NS ? left : LONGEST_SLEEP_NS};
        nanosleep(&sleep, NULL);
        if (left > LONGEST_SLEEP_NS)
            return false;
    }
    if (left < -MOST_BEHIND_NS)
        pace->due_ns = now;
    pace->due_ns += pace->period_ns;
    return true;
}
