/*
 * When an op is due: ops spread evenly over real time.
 *
 * A workload that falls behind by more than a second is not made to catch up in a burst: from then on its
 * schedule is that much later.
 *
 * Not thread-safe; for the runner's one thread. Nothing here allocates.
 */
#ifndef HG_RUNNER_PACE_H
#define HG_RUNNER_PACE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hg_pace {
    int64_t period_ns; /* from op to op; 0: as fast as it goes */
    int64_t due_ns;    /* of the next op, on the monotonic clock */
} hg_pace;

/* The first op is due at once. */
hg_pace hg_pace_start(int64_t period_ns);

/*
 * Whether the next op is due. If not, sleeps until it is, but at most for 50 ms: the caller has other things
 * to look at. After true the op after it is the next.
 */
bool hg_pace_due(hg_pace *pace);

#endif
