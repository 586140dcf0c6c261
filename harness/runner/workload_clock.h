/*
 * The clock as the workload sees it.
 *
 * The runner defines what the C library has for reading a clock, so that it notes whether the workload does,
 * and can set those clocks forward: what expires by them then goes at once. Processor time is never touched,
 * nor is what the kernel measures (sleeps, timers, deadlines of waits).
 *
 * Not seen: clocks read by an instruction or past the C library, as Go does.
 */
#ifndef HG_RUNNER_WORKLOAD_CLOCK_H
#define HG_RUNNER_WORKLOAD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the C library's functions; nothing is noted before. For the runner, at its start. */
void hg_workload_clock_start(void);

/* Whether anything but the runner, the probe and the allocator has read a clock. Any thread. */
bool hg_workload_clock_was_read(void);

/* Sets the workload's clocks forward. Any thread. */
void hg_workload_clock_forward(int64_t seconds);

#endif
