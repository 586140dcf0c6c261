#include "runner/torture_job.h"

#include "runner/fuzz_target.h"
#include "runner/system.h"
#include "runner/torture_server.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <unistd.h>

enum { USUAL_OPS = 100 };

static bool has_other_threads(void)
{
    uint32_t patience_ms = 3; /* for one that was joined just now */
    return !__libc_single_threaded && hg_system_settle_threads(1, &patience_ms) > 1;
}

/* Never inlined: the stacks of the workload end in this frame's program, whoever calls it. */
__attribute__((noinline)) hg_torture_answer hg_torture_op(const hg_torture_link *link,
                                                          const loaded_workload *workload,
                                                          hg_record_header *header, uint64_t op)
{
    header->op = op;
    if (workload->is_fuzz_target)
        memcpy(header->input, hg_fuzz_target_input(op), sizeof header->input);
    atomic_store(&link->area->header->op, op + 1);
    hg_torture_answer answer = {.status = workload->iterate(op)};
    if (workload->quiesce && has_other_threads())
        workload->quiesce();
    atomic_store(&link->area->header->op, 0);
    answer.result = workload->result ? workload->result() : 0;
    return answer;
}

static void finish(const loaded_workload *workload)
{
    if (workload->quiesce)
        workload->quiesce();
    if (workload->teardown)
        workload->teardown();
}

static bool failed(hg_record_header *header, uint64_t op, int status)
{
    snprintf(header->message, sizeof header->message, "heapgate_iterate(%" PRIu64 ") returned %d", op,
             status);
    return false;
}

static bool learn(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header)
{
    hg_torture_header *area = link->area->header;
    uint64_t usual =
        header->default_ops > 0 && header->default_ops < USUAL_OPS ? header->default_ops : USUAL_OPS;
    uint64_t ops = area->ops ? area->ops : workload->is_fuzz_target ? hg_fuzz_target_inputs() : usual;
    for (uint64_t op = 0; op < ops; op++) {
        int status = hg_torture_op(link, workload, header, op).status;
        if (status != 0)
            return failed(header, op, status);
    }
    atomic_store(&header->phase, HG_PHASE_TEARDOWN);
    finish(workload);
    area->learned_ops = ops;
    return true;
}

void hg_torture_take_slot(hg_torture_slot *slot, uint32_t job, hg_torture_kind kind)
{
    slot->job = job;
    slot->is_reference = kind == HG_TORTURE_REFERENCE;
    slot->is_repeat = kind == HG_TORTURE_REPEAT;
    slot->struck_again = false;
    atomic_store(&slot->struck, 0);
    memset(&slot->stage, 0, offsetof(hg_torture_slot, output) - offsetof(hg_torture_slot, stage));
    slot->signal = 0;
    slot->crash_frames = slot->fault_frames = slot->counted = slot->differences = slot->left_out =
        slot->frames_used = slot->afters = 0;
    slot->modules_used = 1;
    slot->modules[0] = (hg_record_module){0};
    atomic_store(&slot->state, HG_TORTURE_RUNNING);
}

static bool is_same(hg_torture_answer a, hg_torture_answer b)
{
    return a.status == b.status && a.result == b.result;
}

/* Clean ops, compared with those of the reference. */
static void run_clean_ops(const hg_torture_link *link, const loaded_workload *workload,
                          hg_record_header *header, hg_torture_slot *slot, uint64_t first)
{
    hg_torture_answer *reference = link->area->answers;
    uint32_t clean_ops = link->area->header->clean_ops;
    for (uint32_t i = 0; i < clean_ops && i < HG_TORTURE_MOST_CLEAN; i++) {
        slot->op = first + i;
        hg_torture_answer answer = hg_torture_op(link, workload, header, first + i);
        if (slot->is_reference) {
            reference[i] = answer;
        } else if (answer.status != reference[i].status && !slot->has_failed) {
            slot->has_failed = true;
            slot->failed_op = first + i;
            slot->failed_status = answer.status;
        } else if (!is_same(answer, reference[i]) && !slot->has_changed) {
            slot->has_changed = true;
            slot->changed_op = first + i;
        }
    }
}

void hg_torture_do(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header,
                   hg_torture_slot *slot)
{
    const hg_torture_job job = link->area->jobs[slot->job];
    link->begin(slot);
    slot->op = job.op;
    slot->stage = HG_TORTURE_IN_FAULT_OP;
    for (uint32_t i = 0; i <= slot->is_repeat; i++) {
        uint32_t before = atomic_load(&slot->struck);
        link->arm(slot->is_reference ? NULL : &job);
        slot->answer = hg_torture_op(link, workload, header, job.op);
        link->arm(NULL);
        slot->struck_again = i > 0 && atomic_load(&slot->struck) > before;
    }
    slot->stage = HG_TORTURE_IN_CLEAN_OP;
    run_clean_ops(link, workload, header, slot, job.op + 1);
    slot->stage = HG_TORTURE_IN_TEARDOWN;
    finish(workload);
    slot->stage = HG_TORTURE_COUNTING;
    link->count(slot->is_reference, slot);
    slot->stage = HG_TORTURE_FINISHED;
    _exit(HG_RUNNER_DONE);
}

static bool do_alone(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header)
{
    uint32_t job = link->area->header->first_job;
    for (uint64_t op = 0; op < link->area->jobs[job].op; op++) {
        int status = hg_torture_op(link, workload, header, op).status;
        if (status != 0)
            return failed(header, op, status);
    }
    hg_torture_slot *slot = &link->area->slots[0];
    hg_torture_take_slot(slot, job, link->area->header->alone);
    hg_torture_do(link, workload, header, slot);
}

bool hg_torture_run(const hg_torture_link *link, const loaded_workload *workload, hg_record_header *header)
{
    switch (link->area->header->role) {
    case HG_TORTURE_LEARN:
        return learn(link, workload, header);
    case HG_TORTURE_SERVE:
        return hg_torture_serve(link, workload, header);
    default:
        return do_alone(link, workload, header);
    }
}
