#include "runner/timing.h"

#include "runner/system.h"
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool is_alone(void)
{
    return hg_system_count_entries("/proc/self/task") == 1;
}

/* The wall clock, and how long the thread had to wait for a processor by then. */
typedef struct moment {
    int64_t wall_ns, delay_ns;
} moment;

/* Reading the delay takes microseconds: they lie outside of what begins and ends here. */
static moment begin_at(bool alone)
{
    int64_t delay_ns = alone ? hg_system_delay_ns() : 0;
    return (moment){.wall_ns = now_ns(), .delay_ns = delay_ns};
}

static int64_t own_ns_since(moment begin, bool alone)
{
    int64_t wall_ns = now_ns();
    int64_t delay_ns = alone ? hg_system_delay_ns() : 0;
    return wall_ns - begin.wall_ns - (delay_ns - begin.delay_ns);
}

static void quiesce(const loaded_workload *workload)
{
    if (workload->quiesce)
        workload->quiesce();
}

static bool run_ops(const loaded_workload *workload, uint64_t begin, uint64_t end, uint64_t *ret_op)
{
    for (uint64_t i = begin; i < end; i++) {
        if (workload->iterate(i) != 0) {
            *ret_op = i;
            return false;
        }
    }
    quiesce(workload);
    return true;
}

static bool run_timed_ops(const loaded_workload *workload, uint64_t begin, uint64_t end,
                          hg_histogram *latencies, uint64_t *ret_op)
{
    int64_t before = now_ns();
    for (uint64_t i = begin; i < end; i++) {
        if (workload->iterate(i) != 0) {
            *ret_op = i;
            return false;
        }
        int64_t after = now_ns();
        hg_histogram_add(latencies, (uint64_t)(after - before));
        before = after;
    }
    quiesce(workload);
    return true;
}

bool hg_speed_run(const loaded_workload *workload, uint64_t warmup_ops, uint64_t ops, hg_record_speed *speed,
                  uint64_t *ret_op)
{
    if (!run_ops(workload, 0, warmup_ops, ret_op))
        return false;
    speed->warmup_ops = (int64_t)warmup_ops;
    bool alone = is_alone();
    for (uint32_t stretch = 0; stretch < HG_SPEED_STRETCHES; stretch++) {
        uint64_t begin = warmup_ops + ops * stretch / HG_SPEED_STRETCHES;
        uint64_t end = warmup_ops + ops * (stretch + 1) / HG_SPEED_STRETCHES;
        if (alone && stretch % 2) {
            if (!run_timed_ops(workload, begin, end, &speed->latencies, ret_op))
                return false;
            continue;
        }
        moment started = begin_at(alone);
        if (!run_ops(workload, begin, end, ret_op))
            return false;
        speed->batch_ns += own_ns_since(started, alone);
        speed->batch_ops += (int64_t)(end - begin);
    }
    return true;
}

/*
 * Runs ops until the end or, once the time is over, until the workload is quiescent. Gives how many. The
 * clock of the thread's own time takes microseconds to read: it is asked only when the wall clock says so.
 */
static bool run_for(const loaded_workload *workload, uint64_t begin, uint64_t end, int64_t most_ns,
                    int64_t *ret_ops, uint64_t *ret_op)
{
    bool alone = is_alone();
    moment started = begin_at(alone);
    int64_t look_at = now_ns() + most_ns;
    uint64_t i = begin;
    for (; i < end; i++) {
        if (now_ns() >= look_at) {
            int64_t left = most_ns - own_ns_since(started, alone);
            if (left <= 0)
                break;
            look_at = now_ns() + left;
        }
        if (workload->iterate(i) != 0) {
            *ret_op = i;
            return false;
        }
    }
    quiesce(workload);
    *ret_ops = (int64_t)(i - begin);
    return true;
}

bool hg_speed_pace(const loaded_workload *workload, uint64_t warmup_ops, uint64_t ops, hg_record_speed *speed,
                   uint64_t *ret_op)
{
    if (!run_for(workload, 0, warmup_ops, HG_SPEED_WARMUP_NS, &speed->warmup_ops, ret_op))
        return false;
    int64_t started = now_ns();
    uint64_t first = (uint64_t)speed->warmup_ops;
    bool done = run_for(workload, first, first + ops, HG_SPEED_SLICE_NS, &speed->batch_ops, ret_op);
    speed->batch_ns = now_ns() - started;
    return done;
}
