/*
 * The fork server: runs the ops once, and before an op in which fault points occur first, forks a child for
 * each job of that op.
 *
 * A child writes to a pipe, of which the end is kept, and has a limit of time: at its end it is asked for its
 * stack (HG_TORTURE_ASK) and then killed. What a child started is killed when it has ended. The jobs of one
 * op run in parallel; before them runs the reference.
 */
#ifndef HG_RUNNER_TORTURE_SERVER_H
#define HG_RUNNER_TORTURE_SERVER_H

#include "runner/torture_job.h"

/*
 * Does the jobs from first_job on. True also if other threads run where a child is to be forked (has_threads,
 * with next_job). False, with the reason in the header, if an op fails without a fault or the system refuses
 * a process.
 */
bool hg_torture_serve(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header);

#endif
