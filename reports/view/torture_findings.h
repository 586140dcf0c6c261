/*
 * What a torture pass found, each mistake once: faults with the same outcome at the same place, in one pass
 * and all accepted or none, are one finding. The place is where the process crashed or hung, or the culprit
 * of the largest loss; of what has neither, that of the call that failed.
 */
#ifndef HG_VIEW_TORTURE_FINDINGS_H
#define HG_VIEW_TORTURE_FINDINGS_H

#include "model/model.h"

typedef struct hg_torture_finding {
    const hg_fault *fault; /* the first of them, the run's */
    size_t faults;
} hg_torture_finding;

typedef struct hg_torture_findings {
    hg_torture_finding *items; /* in the order of the run */
    size_t count;
    size_t *of_fault; /* by fault of the run: the index of its finding, SIZE_MAX for none */
} hg_torture_findings;

/* False when memory ran out; then there is nothing to free. */
bool hg_torture_findings_gather(const hg_torture *torture, hg_torture_findings *ret_findings);
void hg_torture_findings_free(hg_torture_findings *findings);

/* The first pass with the same workload and subject: shards of a pass are told together. */
const hg_torture_pass *hg_torture_first_pass(const hg_torture *torture, const hg_torture_pass *pass);

/* How many faults of a pass have the outcome. */
size_t hg_torture_count(const hg_torture *torture, const hg_torture_pass *pass, hg_fault_outcome outcome);

/* Whether the process did not come to its end: where it ended is told. */
bool hg_fault_ended_early(hg_fault_outcome outcome);

/* What became of the blocks of a loss: "lost", also where nobody knows; "held", or "partly lost". */
const char *hg_fault_loss_word(const hg_fault_loss *loss);

/* What failed: "allocation" or "call". */
const char *hg_fault_what(const hg_fault *fault);
/* How often it failed, behind a comma. */
const char *hg_fault_how(const hg_fault *fault);

/* Whether only allocations failed in the pass. */
bool hg_torture_is_of_memory(const hg_torture_pass *pass);

/* The outcomes, from the gravest on; ends with HG_FAULT_OK. */
extern const hg_fault_outcome hg_fault_outcomes[];

#endif
