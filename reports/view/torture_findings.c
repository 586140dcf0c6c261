#include "view/torture_findings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const hg_fault_outcome hg_fault_outcomes[] = {
    HG_FAULT_CORRUPTION, HG_FAULT_CRASH, HG_FAULT_ABORT,     HG_FAULT_HANG, HG_FAULT_STAYS_BROKEN,
    HG_FAULT_DESCRIPTOR, HG_FAULT_LEAK,  HG_FAULT_UNREACHED, HG_FAULT_OK,
};

/* NULL: none. */
static const hg_frame *place_of(const hg_fault *fault)
{
    return fault->frame_count > 0 ? &fault->frames[0] : fault->path_count > 0 ? &fault->path[0] : NULL;
}

static bool is_same_place(const hg_frame *a, const hg_frame *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a->function, b->function) == 0 && strcmp(a->file, b->file) == 0 && a->line == b->line &&
           (a->function[0] || a->offset == b->offset);
}

static bool is_same_finding(const hg_fault *a, const hg_fault *b)
{
    return a->outcome == b->outcome && a->accepted == b->accepted && strcmp(a->workload, b->workload) == 0 &&
           strcmp(a->subject, b->subject) == 0 && is_same_place(place_of(a), place_of(b));
}

static size_t find(const hg_torture_findings *findings, const hg_fault *fault)
{
    size_t i = 0;

    while (i < findings->count && !is_same_finding(findings->items[i].fault, fault))
        i++;
    return i;
}

bool hg_torture_findings_gather(const hg_torture *torture, hg_torture_findings *ret_findings)
{
    hg_torture_findings found = {
        .items = calloc(torture->fault_count + 1, sizeof *found.items),
        .of_fault = calloc(torture->fault_count + 1, sizeof *found.of_fault),
    };

    if (!found.items || !found.of_fault) {
        hg_torture_findings_free(&found);
        return false;
    }
    for (size_t i = 0; i < torture->fault_count; i++) {
        const hg_fault *fault = &torture->faults[i];
        found.of_fault[i] = SIZE_MAX;
        if (!hg_fault_is_finding(fault->outcome))
            continue;
        size_t at = find(&found, fault);
        if (at == found.count)
            found.items[found.count++].fault = fault;
        found.items[at].faults++;
        found.of_fault[i] = at;
    }
    *ret_findings = found;
    return true;
}

void hg_torture_findings_free(hg_torture_findings *findings)
{
    free(findings->items);
    free(findings->of_fault);
    memset(findings, 0, sizeof *findings);
}

const hg_torture_pass *hg_torture_first_pass(const hg_torture *torture, const hg_torture_pass *pass)
{
    const hg_torture_pass *first = torture->passes;

    while (strcmp(first->workload, pass->workload) != 0 || strcmp(first->subject, pass->subject) != 0)
        first++;
    return first;
}

size_t hg_torture_count(const hg_torture *torture, const hg_torture_pass *pass, hg_fault_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < torture->fault_count; i++)
        count += torture->faults[i].outcome == outcome &&
                 strcmp(torture->faults[i].workload, pass->workload) == 0 &&
                 strcmp(torture->faults[i].subject, pass->subject) == 0;
    return count;
}

const char *hg_fault_what(const hg_fault *fault)
{
    static const char *const allocations[] = {"", "malloc", "calloc", "realloc", "new"};

    for (size_t i = 0; i < sizeof allocations / sizeof *allocations; i++)
        if (strcmp(fault->function, allocations[i]) == 0)
            return "allocation";
    return "call";
}

const char *hg_fault_how(const hg_fault *fault)
{
    if (strcmp(fault->mode, "once") != 0)
        return "and all like it after it in the op";
    return strstr(fault->id, ":last") ? "once, the last of this path in the op" : "once";
}

bool hg_torture_is_of_memory(const hg_torture_pass *pass)
{
    return pass->fail[0] == '\0' || strcmp(pass->fail, "memory") == 0;
}

bool hg_fault_ended_early(hg_fault_outcome outcome)
{
    return outcome == HG_FAULT_CRASH || outcome == HG_FAULT_ABORT || outcome == HG_FAULT_HANG ||
           outcome == HG_FAULT_CORRUPTION;
}

const char *hg_fault_loss_word(const hg_fault_loss *loss)
{
    return loss->held == 0 ? "lost" : loss->lost == 0 ? "held" : "partly lost";
}
