/*
 * From what a job left in its slot to a fault of the run model.
 *
 * What is kept more of than in the reference is a loss, unless as much of the same size is missing that the
 * same function, called by the same function, would have kept: a cache that is filled by another way is no
 * leak. What something holds may have another size: a table that grows at another call. Nothing is claimed
 * of a fault that did not happen.
 */
#ifndef HG_TORTURE_FAULT_JUDGE_H
#define HG_TORTURE_FAULT_JUDGE_H

#include "torture/points.h"

typedef struct hg_fault_case {
    const hg_torture_slot *slot; /* a copy; may be unsound */
    const hg_points *points;
    const hg_record *learned; /* of the learning run, frozen */
    const hg_stack_owners *owners;
    hg_symbols *symbols;
    double limit_seconds;
} hg_fault_case;

/*
 * Fills everything but id, mode, op, path and where the fault belongs. False when memory ran out; the fault
 * can be freed either way.
 */
bool hg_fault_judge(const hg_fault_case *known, hg_fault *fault);

/*
 * Takes out of a fault the losses that do not grow when it happens twice, as a judged repeat has it: such
 * blocks are kept once, by code that only runs when memory is short. False when memory ran out.
 */
bool hg_fault_settle(hg_fault *fault, const hg_fault *repeat);

/* Of a reference run that did not end well: one sentence in ret_message. True if it did. */
bool hg_fault_reference_is_good(const hg_torture_slot *slot, char *ret_message, size_t message_size);

#endif
