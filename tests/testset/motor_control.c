/* The control loop of an electric motor, all in fixed memory. The mistake: an overcurrent trip (1 in 4,000)
 * takes a new snapshot of 1,200 bytes from the heap and keeps only the latest pointer. Healthy: one static
 * snapshot and no allocation. */
#include "pair.h"

struct snapshot {
    uint64_t when;
    float current[149][2];
};
static float integral, speed, history[149][2];
static struct snapshot static_snapshot, *latest;

PAIR_NOINLINE static struct snapshot *snapshot_take(uint64_t when)
{
    struct snapshot *s = LEAKS ? malloc(sizeof *s) : &static_snapshot;
    s->when = when;
    memcpy(s->current, history, sizeof s->current);
    return s;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    float load = (float)(r % 1000) / 1000, error = 100 - speed;
    integral += error * 0.01f;
    integral = integral > 50 ? 50 : integral;
    speed += (error * 0.3f + integral - load) * 0.1f;
    history[i % 149][0] = error;
    history[i % 149][1] = load;
    if ((r >> 20) % 4000 == 0) {
        latest = snapshot_take(i);
        integral = 0;
    }
    return 0;
}
