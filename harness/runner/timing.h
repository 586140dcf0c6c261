/*
 * How fast a workload's ops are in a process without the probe: the library's own figure.
 *
 * The ops are divided into stretches. In every other stretch only the whole is timed, which gives the
 * throughput: reading a clock takes some 25 ns, and some ops take 100 ns. In the stretches between, each op
 * is timed for its latency, which includes one reading of the clock. A stretch ends when the workload is
 * quiescent, so work that it puts off counts.
 *
 * Time is the wall clock's, minus the time in which this thread was ready to run but another program had the
 * processor. Waiting for a lock, a disk or a sleep belongs to the library; a busy machine does not.
 *
 * A workload that runs threads of its own may hand an op to another thread and return. How long the call
 * takes then says nothing about the op: every stretch counts for throughput alone, by the wall clock.
 */
#ifndef HG_RUNNER_TIMING_H
#define HG_RUNNER_TIMING_H

#include "record/record.h"
#include "runner/loaded.h"

/* If there are fewer ops than stretches, some are empty. */
#define HG_SPEED_STRETCHES 8u

/* Runs ops 0 to warmup_ops - 1, and then `ops` timed ones. False if an op failed; *ret_op says which. */
bool hg_speed_run(const loaded_workload *workload, uint64_t warmup_ops, uint64_t ops, hg_record_speed *speed,
                  uint64_t *ret_op);

/*
 * Finds out how many ops fit into HG_SPEED_SLICE_NS, after a warm-up of at most HG_SPEED_WARMUP_NS. It runs
 * no more ops than are given, and reports what it ran as the warm-up and the batch.
 */
bool hg_speed_pace(const loaded_workload *workload, uint64_t warmup_ops, uint64_t ops, hg_record_speed *speed,
                   uint64_t *ret_op);

#define HG_SPEED_SLICE_NS  16000000
#define HG_SPEED_WARMUP_NS 100000000

#endif
