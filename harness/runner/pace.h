/*
 * When an op is due: ops spread evenly over real time.
 *
 * A workload that falls behind by more than a second does not catch up in a burst: its schedule moves later
 * by that much.
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
 * Whether the next op is due. If it is not, sleeps until then, but at most 50 ms, because the caller has
 * other things to look at. Once it returned true, the next op is the one after.
 */
bool hg_pace_due(hg_pace *pace);

#endif
