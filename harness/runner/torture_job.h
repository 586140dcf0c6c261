/*
 * The measured side of heapgate torture (record/torture_area.h): the learning run, and one job after it.
 *
 * A job begins where the ops before its own have run once. Its op runs while the fault is waited for; then
 * some clean ops, the workload's heapgate_quiesce and heapgate_teardown; and what is left is counted. The
 * reference is the same without the fault. Each is a process of its own: a forked child (torture_server.h)
 * or, where other threads run, one that was started for it.
 *
 * Not thread-safe; for the runner's one thread.
 */
#ifndef HG_RUNNER_TORTURE_JOB_H
#define HG_RUNNER_TORTURE_JOB_H

#include "record/torture_area.h"
#include "runner/loaded.h"

/* The probe's functions (probe/faults.h). */
typedef struct hg_torture_link {
    hg_torture_area *area;
    void (*begin)(hg_torture_slot *slot);
    void (*arm)(const hg_torture_job *job);
    void (*count)(bool is_reference, hg_torture_slot *slot);
} hg_torture_link;

/*
 * Does what the area asks for, with a workload that is set up. False, with the reason in the record's header,
 * if an op fails without a fault. In the role ALONE it does not return.
 */
bool hg_torture_run(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header);

/* One op, with what it handed to threads; gives what it said. */
hg_torture_answer hg_torture_op(const hg_torture_link *link, const loaded_workload *workload,
                                hg_record_header *header, uint64_t op);

/* Empties a slot for a job. */
void hg_torture_take_slot(hg_torture_slot *slot, uint32_t job, hg_torture_kind kind);

/* In a process that is the job's own: all of it, into the slot, and ends the process. */
_Noreturn void hg_torture_do(const hg_torture_link *link, const loaded_workload *workload,
                             hg_record_header *header, hg_torture_slot *slot);

#endif
