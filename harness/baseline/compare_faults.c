/* The findings of heapgate torture against their entries. */
#include "baseline/compare.h"

#include "model/path.h"
#include "record/calls.h"
#include <string.h>

static bool is_same_frame(const hg_frame *a, const hg_frame *b)
{
    return strcmp(a->function, b->function) == 0 &&
           strcmp(hg_base_name(a->module), hg_base_name(b->module)) == 0;
}

bool hg_baseline_is_same_fault(const hg_fault *a, const hg_fault *b)
{
    if (a->outcome != b->outcome || a->path_count != b->path_count || strcmp(a->workload, b->workload) != 0 ||
        strcmp(a->subject, b->subject) != 0 || strcmp(a->function, b->function) != 0)
        return false;
    for (size_t i = 0; i < a->path_count; i++)
        if (!is_same_frame(&a->path[i], &b->path[i]))
            return false;
    return true;
}

bool hg_baseline_has_fault(const hg_baseline_entry *entry, const hg_fault *fault)
{
    return entry->outcome && strcmp(entry->outcome, hg_fault_outcome_name(fault->outcome)) == 0 &&
           strcmp(entry->function, fault->function) == 0 && strcmp(entry->workload, fault->workload) == 0 &&
           strcmp(entry->subject, fault->subject) == 0 &&
           hg_baseline_has_frames(entry, fault->path, fault->path_count);
}

/* What the suite accepts needs no entry. */
static bool is_compared(const hg_fault *fault)
{
    return hg_fault_is_finding(fault->outcome) && !fault->accepted;
}

/* Of one call path: behind the id of a point may stand which of its calls failed. */
static bool is_same_point(const char *id, const char *other)
{
    size_t length = strcspn(id, ":");
    return length == strcspn(other, ":") && strncmp(id, other, length) == 0;
}

/* How many fault points have findings like this; 0 if an earlier fault has. Those of a point lie together. */
static int64_t count_points(const hg_torture *torture, size_t first)
{
    const hg_fault *fault = &torture->faults[first];
    const char *last = "";
    int64_t points = 0;
    for (size_t i = 0; i < torture->fault_count; i++) {
        const hg_fault *other = &torture->faults[i];
        if (!is_compared(other) || !hg_baseline_is_same_fault(fault, other))
            continue;
        if (i < first)
            return 0;
        points += !is_same_point(other->id, last);
        last = other->id;
    }
    return points;
}

static bool add_findings(const hg_baseline *baseline, const hg_fault *fault, int64_t points,
                         const char *today, hg_comparison *comparison)
{
    hg_baseline_change seen = {.kind = HG_BASELINE_NEW, .fault = fault, .faults = points};
    for (size_t i = 0; i < baseline->count && !seen.entry; i++)
        if (hg_baseline_has_fault(&baseline->entries[i], fault))
            seen.entry = &baseline->entries[i];
    if (seen.entry)
        seen.kind = seen.entry->waiver_until && strcmp(today, seen.entry->waiver_until) > 0
                        ? HG_BASELINE_EXPIRED
                    : points > seen.entry->faults ? HG_BASELINE_MORE
                                                  : HG_BASELINE_KNOWN;
    comparison->failures += seen.kind != HG_BASELINE_KNOWN;
    return hg_comparison_add(comparison, &seen) != NULL;
}

/* Whether every fault point of the pass failed, and calls of the function were among those that do. */
static bool is_whole(const hg_torture *torture, const hg_torture_pass *pass, const char *function)
{
    const char *last = "";
    const char *word;
    size_t length;
    uint32_t tried;
    uint32_t wanted;
    int64_t points = 0;
    if (pass->message[0] || !hg_calls_parse(pass->fail, &tried, &word, &length) ||
        !hg_calls_parse(function, &wanted, &word, &length) || (tried & wanted) != wanted)
        return false;
    for (size_t i = 0; i < torture->fault_count; i++) {
        const hg_fault *fault = &torture->faults[i];
        if (strcmp(fault->workload, pass->workload) != 0 || strcmp(fault->subject, pass->subject) != 0)
            continue;
        points += !is_same_point(fault->id, last);
        last = fault->id;
    }
    return points == pass->points;
}

static bool is_tried(const hg_torture *torture, const hg_baseline_entry *entry)
{
    bool tried = false;
    for (size_t i = 0; i < torture->pass_count; i++) {
        const hg_torture_pass *pass = &torture->passes[i];
        if (strcmp(pass->workload, entry->workload) != 0 || strcmp(pass->subject, entry->subject) != 0)
            continue;
        if (!is_whole(torture, pass, entry->function))
            return false;
        tried = true;
    }
    return tried;
}

static bool add_if_stale(const hg_baseline_entry *entry, const hg_run *run, hg_comparison *comparison)
{
    hg_baseline_change stale = {.kind = HG_BASELINE_GONE, .entry = entry};
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->changes[i].entry == entry) {
            stale = comparison->changes[i];
            stale.kind = HG_BASELINE_LESS;
        }
    if (!is_tried(&run->torture, entry) || (stale.fault && stale.faults >= entry->faults))
        return true;
    return hg_comparison_add(comparison, &stale) != NULL;
}

bool hg_baseline_compare_faults(const hg_baseline *baseline, const hg_run *run, const char *today,
                                hg_comparison *comparison)
{
    const hg_torture *torture = &run->torture;
    for (size_t i = 0; i < torture->fault_count; i++) {
        int64_t points = is_compared(&torture->faults[i]) ? count_points(torture, i) : 0;
        if (points > 0 && !add_findings(baseline, &torture->faults[i], points, today, comparison))
            return false;
    }
    for (size_t i = 0; i < baseline->count; i++)
        if (baseline->entries[i].outcome && !add_if_stale(&baseline->entries[i], run, comparison))
            return false;
    return true;
}
