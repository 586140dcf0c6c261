#include "baseline/compare.h"

#include "analysis/call_path.h"
#include "analysis/growth.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tolerance for the rounding of rates in the file. */
static const double digits = 0.001;

void hg_baseline_make_text(char *text)
{
    json_t *value = json_string(text);
    for (char *at = text; !value && *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    json_decref(value);
}

char *hg_baseline_frame_text(const hg_frame *frame)
{
    char *text;
    if (asprintf(&text, "%s in %s", frame->function[0] ? frame->function : "?", hg_base_name(frame->module)) <
        0)
        return NULL;
    hg_baseline_make_text(text);
    return text;
}

bool hg_baseline_has_frames(const hg_baseline_entry *entry, const hg_frame *frames, size_t depth)
{
    bool same = entry->depth == depth;
    for (size_t i = 0; same && i < depth; i++) {
        char *text = hg_baseline_frame_text(&frames[i]);
        same = text && strcmp(text, entry->stack[i]) == 0;
        free(text);
    }
    return same;
}

bool hg_baseline_has_stack(const hg_baseline_entry *entry, const hg_site *site)
{
    return !entry->outcome &&
           hg_baseline_has_frames(entry, site ? site->frames : NULL, site ? site->frame_count : 0);
}

bool hg_baseline_is_about(const hg_baseline_entry *entry, const hg_cell *cell)
{
    return strcmp(entry->workload, cell->workload) == 0 && strcmp(entry->subject, cell->subject) == 0;
}

static const hg_baseline_entry *entry_of(const hg_baseline *baseline, const hg_cell *cell,
                                         const hg_site *site)
{
    for (size_t i = 0; i < baseline->count; i++)
        if (hg_baseline_is_about(&baseline->entries[i], cell) &&
            hg_baseline_has_stack(&baseline->entries[i], site))
            return &baseline->entries[i];
    return NULL;
}

hg_baseline_change *hg_comparison_add(hg_comparison *comparison, const hg_baseline_change *change)
{
    hg_baseline_change *grown = realloc(comparison->changes, (comparison->count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    comparison->changes = grown;
    grown[comparison->count] = *change;
    return &grown[comparison->count++];
}

/* Whether the difference is larger than the error of the measurement explains. */
static bool exceeds(double bytes, double reference, double error)
{
    return bytes > reference * (1 + digits) + 3 * error;
}

static hg_baseline_change_kind judge(const hg_baseline_change *change, const char *today)
{
    const hg_baseline_entry *entry = change->entry;
    if (!entry)
        return HG_BASELINE_NEW;
    if (entry->waiver_until && strcmp(today, entry->waiver_until) > 0)
        return HG_BASELINE_EXPIRED;
    return exceeds(change->bytes_per_op, entry->bytes_per_op, change->bytes_per_op_error) ? HG_BASELINE_MORE
                                                                                          : HG_BASELINE_KNOWN;
}

static bool add_observation(hg_comparison *comparison, const hg_baseline *baseline, const char *today,
                            hg_baseline_change seen)
{
    seen.entry = entry_of(baseline, seen.cell, seen.site);
    seen.kind = judge(&seen, today);
    comparison->failures += seen.kind != HG_BASELINE_KNOWN;
    return hg_comparison_add(comparison, &seen) != NULL;
}

static bool is_first_of_path(const hg_cell *cell, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (cell->sites[i].growth_class == HG_CLASS_LEAK &&
            hg_same_call_path(&cell->sites[i], &cell->sites[index]))
            return false;
    return true;
}

/* The sum of all leaks at the site's call path, whatever their lines. */
static hg_baseline_change observe(const hg_cell *cell, const hg_site *path)
{
    hg_baseline_change seen = {.cell = cell, .site = path};
    double variance = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        if (site->growth_class != HG_CLASS_LEAK || !hg_same_call_path(site, path))
            continue;
        seen.bytes_per_op += site->bytes_per_op;
        seen.blocks_per_op += site->blocks_per_op;
        variance += site->bytes_per_op_error * site->bytes_per_op_error;
    }
    seen.bytes_per_op_error = sqrt(variance);
    return seen;
}

static bool add_cell(hg_comparison *comparison, const hg_baseline *baseline, const char *today,
                     const hg_cell *cell)
{
    size_t leaks = 0;
    for (size_t i = 0; i < cell->site_count; i++) {
        if (cell->sites[i].growth_class != HG_CLASS_LEAK)
            continue;
        leaks++;
        if (is_first_of_path(cell, i) &&
            !add_observation(comparison, baseline, today, observe(cell, &cell->sites[i])))
            return false;
    }
    if (leaks > 0 || cell->bytes_per_op <= 0)
        return true;
    const hg_baseline_change spread = {.cell = cell,
                                       .bytes_per_op = cell->bytes_per_op,
                                       .bytes_per_op_error = cell->bytes_per_op_error,
                                       .blocks_per_op = cell->blocks_per_op};
    return add_observation(comparison, baseline, today, spread);
}

const char *hg_baseline_widening(const hg_baseline *earlier, const hg_baseline_entry *entry)
{
    const hg_baseline_entry *before = NULL;
    for (size_t i = 0; i < earlier->count && !before; i++)
        if (hg_baseline_entry_compare(&earlier->entries[i], entry) == 0)
            before = &earlier->entries[i];
    if (!before)
        return "is new";
    if (exceeds(entry->bytes_per_op, before->bytes_per_op, 0) || entry->faults > before->faults)
        return "allows more than before";
    bool longer = before->waiver_until &&
                  (!entry->waiver_until || strcmp(entry->waiver_until, before->waiver_until) > 0);
    return longer ? "has a later waiver, or none any more" : NULL;
}

static bool is_compared(const hg_cell *cell)
{
    return cell->expect == HG_EXPECT_CLEAN && cell->verdict == HG_VERDICT_LEAK;
}

/* Adds an entry that is stale by all cells of its workload and subject. False when memory ran out. */
static bool add_if_stale(hg_comparison *comparison, const hg_baseline_entry *entry, const hg_run *run)
{
    hg_baseline_change most = {.kind = HG_BASELINE_GONE, .entry = entry};
    bool measured = false;
    if (entry->outcome)
        return true;
    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_cell *cell = &run->cells[i];
        if (!hg_baseline_is_about(entry, cell) || cell->expect != HG_EXPECT_CLEAN)
            continue;
        if (cell->verdict != HG_VERDICT_CLEAN && cell->verdict != HG_VERDICT_LEAK)
            return true;
        measured = true;
    }
    for (size_t i = 0; i < comparison->count; i++) {
        const hg_baseline_change *seen = &comparison->changes[i];
        if (seen->entry != entry || (most.cell && seen->bytes_per_op <= most.bytes_per_op))
            continue;
        most = *seen;
        most.kind = HG_BASELINE_LESS;
    }
    bool less = most.cell && exceeds(entry->bytes_per_op, most.bytes_per_op, most.bytes_per_op_error);
    bool stale = measured && (!most.cell || less);
    return !stale || hg_comparison_add(comparison, &most);
}

hg_comparison *hg_baseline_compare(const hg_baseline *baseline, const hg_run *run, const char *today)
{
    hg_comparison *comparison = calloc(1, sizeof *comparison);
    bool done = comparison != NULL;
    for (size_t i = 0; done && i < run->cell_count; i++)
        if (is_compared(&run->cells[i]))
            done = add_cell(comparison, baseline, today, &run->cells[i]);
    for (size_t i = 0; done && i < baseline->count; i++)
        done = add_if_stale(comparison, &baseline->entries[i], run);
    done = done && hg_baseline_compare_faults(baseline, run, today, comparison);
    if (done)
        return comparison;
    hg_comparison_free(comparison);
    return NULL;
}

void hg_comparison_free(hg_comparison *comparison)
{
    if (!comparison)
        return;
    free(comparison->changes);
    free(comparison);
}
