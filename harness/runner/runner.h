/*
 * Exit codes of the runner, for the driver. Anything else, and every signal, is the workload's own doing.
 */
#ifndef HG_RUNNER_RUNNER_H
#define HG_RUNNER_RUNNER_H

enum {
    HG_RUNNER_DONE = 0,
    HG_RUNNER_USAGE = 90,
    HG_RUNNER_STOPPED = 91, /* the record's message says why */
};

#endif
