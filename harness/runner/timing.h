/*
 * How fast a workload's ops are, in a process without the probe: the library's own figure.
 *
 * The ops are divided into stretches. In every other one nothing is timed but the whole, which gives the
 * throughput: reading a clock costs some 25 ns, and there are ops of 100. In the ones between, each op is
 * timed for its latency, which includes one reading of the clock. A stretch ends when the workload is
 * quiescent, so work that it puts off counts.
 *
 * Time is the wall clock's, without that in which this thread was ready to run and another program had the
 * processor: waiting for a lock, a disk or a sleep is the library's affair, a busy machine is not.
 *
 * A workload that runs threads of its own may hand an op on and return: what a call takes says nothing about
 * the op then, and every stretch counts for throughput alone, by the
 * wall clock.
 */
#ifndef HG_RUNNER_TIMING_H
#define HG_RUNNER_TIMING_H

#include "record/record.h"
#include "runner/loaded.h"

/* Fewer ops than stretches leave some empty. */
#define HG_SPEED_STRETCHES 8u

/*
 * Runs ops 0 to warmup_ops - 1 and then so many timed ones. False when an op failed; which one stands in
 * *ret_op.
 */
bool hg_speed_run(const loaded_workload *workload, uint64_t warmup_ops, uint64_t ops, hg_record_speed *speed,
                  uint64_t *ret_op);

/*
 * Finds out how many ops fit into HG_SPEED_SLICE_NS, after a warm-up of HG_SPEED_WARMUP_NS at most: no more
 * than are given. Gives what it did as the warm-up and the batch.
 */
bool hg_speed_pace(const loaded_workload *workload, uint64_t warmup_ops, uint64_t ops, hg_record_speed *speed,
                   uint64_t *ret_op);

#define HG_SPEED_SLICE_NS  16000000
#define HG_SPEED_WARMUP_NS 100000000

#endif
