#include "baseline/compare.h"

#include "analysis/growth.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The changes of a cell, summed up. */
typedef struct cell_summary {
    const hg_baseline_change *worst; /* the first that fails, else the first */
    size_t known, failing;
    double known_bytes;
} cell_summary;

bool hg_baseline_is_failure(const hg_baseline_change *change)
{
    return change->kind == HG_BASELINE_NEW || change->kind == HG_BASELINE_MORE ||
           change->kind == HG_BASELINE_EXPIRED;
}

static cell_summary summarize(const hg_comparison *comparison, const hg_cell *cell)
{
    cell_summary sum = {0};
    for (size_t i = 0; i < comparison->count; i++) {
        const hg_baseline_change *change = &comparison->changes[i];
        if (change->cell != cell || (!hg_baseline_is_failure(change) && change->kind != HG_BASELINE_KNOWN))
            continue;
        if (hg_baseline_is_failure(change)) {
            if (sum.failing++ == 0)
                sum.worst = change;
        } else {
            sum.known++;
            sum.known_bytes += change->bytes_per_op;
        }
    }
    return sum;
}

/* A known leak of memory can hide one of files or threads, which no baseline allows. */
static const char *growing_resource(const hg_cell *cell)
{
    int64_t values[HG_MAX_ROUNDS] = {0};
    int64_t ops[HG_MAX_ROUNDS] = {0};
    uint32_t count = (uint32_t)(cell->sample_count < HG_MAX_ROUNDS ? cell->sample_count : HG_MAX_ROUNDS);
    uint32_t warmup = (uint32_t)(cell->warmup_rounds < count ? cell->warmup_rounds : count);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = cell->samples[i].open_files;
        ops[i] = cell->samples[i].ops;
    }
    if (hg_growth_of_series(values, ops, count, warmup).growth_class == HG_CLASS_LEAK)
        return "open files grow every round";
    for (uint32_t i = 0; i < count; i++)
        values[i] = cell->samples[i].threads;
    return hg_growth_of_series(values, ops, count, warmup).growth_class == HG_CLASS_LEAK
               ? "threads grow every round"
               : NULL;
}

static int describe(const cell_summary *sum, const char *name, char **ret_text)
{
    const hg_baseline_change *worst = sum->worst;
    bool has_path = worst && worst->site && worst->site->frame_count > 0;
    const char *where = has_path ? worst->site->frames[0].function : "several call paths";
    if (!worst)
        return asprintf(ret_text, "known: %.4g B per op, allowed by %s", sum->known_bytes, name);
    switch (worst->kind) {
    case HG_BASELINE_MORE:
        return asprintf(ret_text, "more than %s allows: was %.4g B per op, now %.4g B, at %s", name,
                        worst->entry->bytes_per_op, worst->bytes_per_op, where);
    case HG_BASELINE_EXPIRED:
        return asprintf(ret_text, "the waiver in %s ended on %s: %.4g B per op at %s (%s)", name,
                        worst->entry->waiver_until, worst->bytes_per_op, where, worst->entry->waiver_reason);
    default:
        return asprintf(ret_text, "not in %s: %.4g B per op at %s", name, worst->bytes_per_op, where);
    }
}

static bool apply_to_cell(const hg_comparison *comparison, hg_cell *cell, const char *name)
{
    cell_summary sum = summarize(comparison, cell);
    const char *resource = growing_resource(cell);
    char *text;
    if (sum.known + sum.failing == 0)
        return true;
    if (cell->too_slow && sum.failing == 0 && !resource)
        return true; /* a known leak is no excuse for a slowdown, */
    bool kept = hg_cell_keeps_bounds(cell) && cell->kept.failing == 0;
    if (!kept && sum.failing == 0 && !resource)
        return true; /* nor for a holder over its bound, nor for memory that nobody declared */
    int length = sum.failing == 0 && resource ? asprintf(&text, "%s", resource) : describe(&sum, name, &text);
    if (length < 0)
        return false;
    free(cell->reason);
    cell->reason = text;
    cell->met = sum.failing == 0 && !resource && !cell->too_slow && kept;
    return true;
}

static bool is_known(const hg_comparison *comparison, const hg_fault *fault)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->changes[i].kind == HG_BASELINE_KNOWN && comparison->changes[i].fault &&
            hg_baseline_is_same_fault(comparison->changes[i].fault, fault))
            return true;
    return false;
}

bool hg_baseline_apply(const hg_comparison *comparison, hg_run *run, const char *name)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        hg_cell *cell = &run->cells[i];
        if (cell->expect != HG_EXPECT_CLEAN || cell->verdict != HG_VERDICT_LEAK)
            continue;
        cell->met = false;
        if (!apply_to_cell(comparison, cell, name))
            return false;
    }
    for (size_t i = 0; i < run->torture.fault_count; i++) {
        hg_fault *fault = &run->torture.faults[i];
        fault->accepted = fault->accepted || is_known(comparison, fault);
    }
    run->exit_code = hg_run_exit_code(run);
    return true;
}
