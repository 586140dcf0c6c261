#include "baseline/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool set_since(hg_baseline_entry *entry, const hg_run *run, const char *today)
{
    char *date = strdup(today);
    char *version = strdup(run->version);
    char *command = strdup(run->command);
    if (!date || !version || !command) {
        free(date);
        free(version);
        free(command);
        return false;
    }
    hg_baseline_make_text(version);
    hg_baseline_make_text(command);
    free(entry->date);
    free(entry->version);
    free(entry->command);
    entry->date = date;
    entry->version = version;
    entry->command = command;
    return true;
}

static bool fill_fault(hg_baseline_entry *entry, const hg_fault *fault)
{
    entry->outcome = strdup(hg_fault_outcome_name(fault->outcome));
    entry->function = strdup(fault->function);
    return entry->outcome && entry->function;
}

static bool fill_entry(hg_baseline_entry *entry, const hg_baseline_change *change)
{
    const hg_fault *fault = change->fault;
    size_t depth = fault ? fault->path_count : change->site ? change->site->frame_count : 0;
    const hg_frame *frames = fault ? fault->path : change->site ? change->site->frames : NULL;
    entry->workload = strdup(fault ? fault->workload : change->cell->workload);
    entry->subject = strdup(fault ? fault->subject : change->cell->subject);
    entry->stack = calloc(depth + 1, sizeof *entry->stack);
    if (!entry->workload || !entry->subject || !entry->stack || (fault && !fill_fault(entry, fault)))
        return false;
    for (; entry->depth < depth; entry->depth++) {
        entry->stack[entry->depth] = hg_baseline_frame_text(&frames[entry->depth]);
        if (!entry->stack[entry->depth])
            return false;
    }
    return true;
}

/* The entry for a new leak; an earlier call may have made it, for another allocator's cell. */
static hg_baseline_entry *new_entry(hg_baseline *baseline, size_t first, const hg_baseline_change *change)
{
    for (size_t i = first; !change->fault && i < baseline->count; i++)
        if (hg_baseline_is_about(&baseline->entries[i], change->cell) &&
            hg_baseline_has_stack(&baseline->entries[i], change->site))
            return &baseline->entries[i];
    hg_baseline_entry *added = hg_baseline_add(baseline);
    if (!added || fill_entry(added, change))
        return added;
    hg_baseline_remove(baseline, baseline->count - 1);
    return NULL;
}

static void raise_to(hg_baseline_entry *entry, const hg_baseline_change *change)
{
    entry->bytes_per_op = fmax(entry->bytes_per_op, change->bytes_per_op);
    entry->blocks_per_op = fmax(entry->blocks_per_op, change->blocks_per_op);
    entry->faults = entry->faults > change->faults ? entry->faults : change->faults;
}

static void end_waiver(hg_baseline_entry *entry)
{
    free(entry->waiver_reason);
    free(entry->waiver_until);
    entry->waiver_reason = entry->waiver_until = NULL;
}

/* Adds or raises the entries of leaks that grew. The first `known` entries are those of the comparison. */
static bool allow_leaks(hg_baseline *baseline, const hg_comparison *comparison, const hg_run *run,
                        const char *today)
{
    size_t known = baseline->count;
    for (size_t i = 0; i < comparison->count; i++) {
        const hg_baseline_change *change = &comparison->changes[i];
        if (!change->entry || (change->kind != HG_BASELINE_MORE && change->kind != HG_BASELINE_EXPIRED))
            continue;
        hg_baseline_entry *entry = &baseline->entries[change->entry - baseline->entries];
        raise_to(entry, change);
        end_waiver(entry);
        if (!set_since(entry, run, today))
            return false;
    }
    for (size_t i = 0; i < comparison->count; i++) {
        const hg_baseline_change *change = &comparison->changes[i];
        if (change->kind != HG_BASELINE_NEW)
            continue;
        hg_baseline_entry *entry = new_entry(baseline, known, change);
        if (!entry)
            return false;
        raise_to(entry, change);
        if (!entry->date && !set_since(entry, run, today))
            return false;
    }
    return true;
}

hg_update_result hg_baseline_update(hg_baseline *baseline, const hg_comparison *comparison, const hg_run *run,
                                    const char *today, bool allow_growth)
{
    if (comparison->failures > 0 && !allow_growth)
        return HG_UPDATE_REFUSED;
    bool *gone = calloc(baseline->count + 1, sizeof *gone);
    if (!gone)
        return HG_UPDATE_NO_MEMORY;
    size_t known = baseline->count;
    for (size_t i = 0; i < comparison->count; i++) {
        const hg_baseline_change *change = &comparison->changes[i];
        if (!change->entry)
            continue;
        hg_baseline_entry *entry = &baseline->entries[change->entry - baseline->entries];
        if (change->kind == HG_BASELINE_GONE)
            gone[entry - baseline->entries] = true;
        if (change->kind != HG_BASELINE_LESS)
            continue;
        entry->bytes_per_op = change->bytes_per_op;
        entry->blocks_per_op = change->blocks_per_op;
        entry->faults = change->faults;
    }
    bool done = allow_leaks(baseline, comparison, run, today);
    for (size_t i = known; done && i-- > 0;)
        if (gone[i])
            hg_baseline_remove(baseline, i);
    free(gone);
    return done ? HG_UPDATE_DONE : HG_UPDATE_NO_MEMORY;
}
