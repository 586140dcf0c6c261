#include "diff/diff.h"
#include "diff/diff_sites.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    const hg_cell *cell;
    size_t index; /* in its run */
    bool matched;
} entry;

typedef struct entries {
    entry *items; /* sorted by workload, allocator, subject, index */
    size_t count;
} entries;

const char *hg_change_name(hg_change change)
{
    static const char *const names[] = {"new", "worse", "unclear", "better", "fixed", "same"};

    return (size_t)change < sizeof names / sizeof *names ? names[change] : "unknown";
}

/* Orders cells by workload, allocator and, if by_subject, subject. */
static int compare_cells(const hg_cell *a, const hg_cell *b, bool by_subject)
{
    int order = strcmp(a->workload, b->workload);

    if (order == 0)
        order = strcmp(a->allocator, b->allocator);
    return order != 0 || !by_subject ? order : strcmp(a->subject, b->subject);
}

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left;
    const entry *b = right;
    int order = compare_cells(a->cell, b->cell, true);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* False when memory ran out. */
static bool collect(const hg_run *run, const char *subject, entries *ret_entries)
{
    entries made = {.items = calloc(run->cell_count + 1, sizeof *made.items)};

    if (!made.items)
        return false;
    for (size_t i = 0; i < run->cell_count; i++)
        if (!subject || strcmp(run->cells[i].subject, subject) == 0)
            made.items[made.count++] = (entry){.cell = &run->cells[i], .index = i};
    qsort(made.items, made.count, sizeof *made.items, compare_entries);
    *ret_entries = made;
    return true;
}

/* The first unmatched cell of A that matches b; NULL where there is none. */
static entry *find_match(const entries *in, const hg_cell *b, bool by_subject)
{
    size_t low = 0, high = in->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_cells(in->items[middle].cell, b, by_subject) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < in->count && compare_cells(in->items[low].cell, b, by_subject) == 0; low++)
        if (!in->items[low].matched)
            return &in->items[low];
    return NULL;
}

static hg_change judge(const hg_cell *a, const hg_cell *b)
{
    bool a_leaks = a->verdict == HG_VERDICT_LEAK;
    bool b_leaks = b->verdict == HG_VERDICT_LEAK;

    if (!hg_verdict_is_sure(a->verdict) || !hg_verdict_is_sure(b->verdict))
        return HG_CHANGE_UNCLEAR;
    if (a_leaks && b_leaks)
        return hg_diff_rates(a->bytes_per_op, a->bytes_per_op_error, b->bytes_per_op, b->bytes_per_op_error);
    if (b_leaks)
        return HG_CHANGE_NEW;
    return a_leaks ? HG_CHANGE_FIXED : HG_CHANGE_SAME;
}

/* Sites of a cell without a sure verdict are not compared: all would seem fixed, or new. */
static bool compare_matched(hg_cell_diff *cell)
{
    cell->change = judge(cell->a, cell->b);
    return cell->change == HG_CHANGE_UNCLEAR || hg_diff_sites(cell);
}

static int compare_by_index(const void *left, const void *right)
{
    const entry *a = left;
    const entry *b = right;

    return (a->index > b->index) - (a->index < b->index);
}

/* Lists A's unmatched entries in the order of the run. */
static void keep_unmatched(entries *in, hg_diff *diff)
{
    qsort(in->items, in->count, sizeof *in->items, compare_by_index);
    for (size_t i = 0; i < in->count; i++)
        if (!in->items[i].matched)
            diff->only_a[diff->only_a_count++] = in->items[i].cell;
}

static bool match(hg_diff *diff, entries *in_a, entries *in_b, bool by_subject)
{
    qsort(in_b->items, in_b->count, sizeof *in_b->items, compare_by_index);
    for (size_t i = 0; i < in_b->count; i++) {
        const hg_cell *b = in_b->items[i].cell;
        entry *a = find_match(in_a, b, by_subject);
        if (!a) {
            assert(diff->only_b_count < diff->b->cell_count);
            diff->only_b[diff->only_b_count++] = b;
            continue;
        }
        a->matched = true;
        assert(diff->cell_count < diff->b->cell_count);
        hg_cell_diff *cell = &diff->cells[diff->cell_count++];
        *cell = (hg_cell_diff){.a = a->cell, .b = b};
        if (!compare_matched(cell))
            return false;
    }
    keep_unmatched(in_a, diff);
    return true;
}

hg_diff *hg_diff_new(const hg_run *a, const hg_run *b, const char *subject_a, const char *subject_b)
{
    entries in_a = {0}, in_b = {0};
    hg_diff *diff = calloc(1, sizeof *diff);
    bool made = false;

    if (!diff)
        return NULL;
    diff->a = a;
    diff->b = b;
    diff->cells = calloc(b->cell_count + 1, sizeof *diff->cells);
    diff->only_a = calloc(a->cell_count + 1, sizeof(const hg_cell *));
    diff->only_b = calloc(b->cell_count + 1, sizeof(const hg_cell *));
    if (diff->cells && diff->only_a && diff->only_b && collect(a, subject_a, &in_a) &&
        collect(b, subject_b, &in_b))
        made = match(diff, &in_a, &in_b, !subject_a || !subject_b);
    free(in_a.items);
    free(in_b.items);
    if (made)
        return diff;
    hg_diff_free(diff);
    return NULL;
}

void hg_diff_free(hg_diff *diff)
{
    if (!diff)
        return;
    for (size_t i = 0; i < diff->cell_count; i++)
        free(diff->cells[i].sites);
    free(diff->cells);
    free(diff->only_a);
    free(diff->only_b);
    free(diff);
}

size_t hg_diff_count(const hg_diff *diff, hg_change change)
{
    size_t count = 0;

    for (size_t i = 0; i < diff->cell_count; i++)
        for (size_t k = 0; k < diff->cells[i].site_count; k++)
            count += diff->cells[i].sites[k].change == change;
    return count;
}

int hg_diff_exit_code(const hg_diff *diff)
{
    bool unclear = false;

    for (size_t i = 0; i < diff->cell_count; i++) {
        const hg_cell_diff *cell = &diff->cells[i];
        if (cell->change <= HG_CHANGE_WORSE ||
            (cell->site_count > 0 && cell->sites[0].change <= HG_CHANGE_WORSE))
            return 1;
        unclear |= cell->change == HG_CHANGE_UNCLEAR;
    }
    return unclear ? 3 : 0;
}
