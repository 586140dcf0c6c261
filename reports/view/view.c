#include "view/view.h"
#include "model/path.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A cell with the places of its names among the distinct ones. */
typedef struct place {
    const hg_cell *cell;
    size_t workload, allocator, subject, index;
} place;

typedef struct names {
    const char **items;
    size_t count, room;
} names;

static bool all_met(const hg_view *view, size_t start, size_t end)
{
    size_t i = start;

    while (i < end && view->cells[i]->met)
        i++;
    return i == end;
}

bool hg_view_red_first(hg_view *view)
{
    const hg_cell **sorted = malloc((view->count + 1) * sizeof(const hg_cell *));
    size_t count = 0;

    if (!sorted)
        return false;
    for (int green = 0; green < 2; green++)
        for (size_t start = 0, end; start < view->count; start = end) {
            end = hg_view_workload_end(view, start);
            if (all_met(view, start, end) == (bool)green)
                for (size_t i = start; i < end; i++)
                    sorted[count++] = view->cells[i];
        }
    memcpy(view->cells, sorted, count * sizeof(const hg_cell *));
    free(sorted);
    return true;
}

bool hg_same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The place of name, which is added if it is new. The array has room for one name per cell. */
static size_t place_of(names *seen, const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (hg_same_text(seen->items[i], name))
            return i;
    }
    assert(seen->count < seen->room);
    seen->items[seen->count] = name;
    return seen->count++;
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_places(const void *left, const void *right)
{
    const place *a = left;
    const place *b = right;
    int order = compare_sizes(a->workload, b->workload);

    if (order == 0)
        order = compare_sizes(a->allocator, b->allocator);
    if (order == 0)
        order = compare_sizes(a->subject, b->subject);
    return order != 0 ? order : compare_sizes(a->index, b->index);
}

static bool expects_leak(const hg_run *run, const char *subject)
{
    for (size_t i = 0; i < run->cell_count; i++) {
        if (run->cells[i].expect == HG_EXPECT_LEAK && hg_same_text(run->cells[i].subject, subject))
            return true;
    }
    return false;
}

static void put_before_first(const hg_run *run, names *subjects, place *places)
{
    if (subjects->count != 2 || expects_leak(run, subjects->items[0]) ||
        !expects_leak(run, subjects->items[1]))
        return;
    const char *first = subjects->items[0];
    subjects->items[0] = subjects->items[1];
    subjects->items[1] = first;
    for (size_t i = 0; i < run->cell_count; i++)
        places[i].subject = 1 - places[i].subject;
}

bool hg_view_init(hg_view *view, const hg_run *run)
{
    size_t count = run->cell_count;
    size_t room = count > 0 ? count : 1;
    hg_view made = {.run = run, .count = count};
    names workloads = {calloc(room, sizeof(char *)), 0, room};
    names allocators = {calloc(room, sizeof(char *)), 0, room};
    names subjects = {calloc(room, sizeof(char *)), 0, room};
    place *places = calloc(room, sizeof *places);

    made.cells = calloc(room, sizeof(hg_cell *));
    bool ok = workloads.items && allocators.items && subjects.items && places && made.cells;
    for (size_t i = 0; ok && i < count; i++) {
        const hg_cell *cell = &run->cells[i];
        places[i] = (place){.cell = cell,
                            .workload = place_of(&workloads, cell->workload),
                            .allocator = place_of(&allocators, cell->allocator),
                            .subject = place_of(&subjects, cell->subject),
                            .index = i};
    }
    if (ok) {
        put_before_first(run, &subjects, places);
        qsort(places, count, sizeof *places, compare_places);
        for (size_t i = 0; i < count; i++)
            made.cells[i] = places[i].cell;
        made.subjects = subjects.items;
        made.subject_count = subjects.count;
        made.workload_count = workloads.count;
        made.allocator_count = allocators.count;
        *view = made;
    } else {
        free(subjects.items);
        free(made.cells);
    }
    free(workloads.items);
    free(allocators.items);
    free(places);
    return ok;
}

void hg_view_clear(hg_view *view)
{
    free(view->cells);
    free(view->subjects);
    memset(view, 0, sizeof *view);
}

size_t hg_view_subject(const hg_view *view, const hg_cell *cell)
{
    size_t i = 0;

    while (i < view->subject_count && !hg_same_text(view->subjects[i], cell->subject))
        i++;
    assert(i < view->subject_count);
    return i;
}

size_t hg_view_workload_end(const hg_view *view, size_t start)
{
    size_t end = start;

    assert(start < view->count);
    while (end < view->count && hg_same_text(view->cells[end]->workload, view->cells[start]->workload))
        end++;
    return end;
}

size_t hg_view_allocator_end(const hg_view *view, size_t start)
{
    const hg_cell *first = view->cells[start];
    size_t end = start;

    assert(start < view->count);
    while (end < view->count && hg_same_text(view->cells[end]->workload, first->workload) &&
           hg_same_text(view->cells[end]->allocator, first->allocator))
        end++;
    return end;
}

const char *hg_view_name(const char *name)
{
    return name && name[0] ? name : "(unnamed)";
}

bool hg_site_grows(const hg_site *site)
{
    return site->growth_class == HG_CLASS_LEAK || site->growth_class == HG_CLASS_FILLING;
}

const char *hg_site_noun(const hg_site *site)
{
    return site->mapped ? "mapping" : "block";
}

bool hg_takes_much_more(double bytes_per_op, double heap_bytes_per_op)
{
    return heap_bytes_per_op > 0 && heap_bytes_per_op >= 1.5 * bytes_per_op;
}

bool hg_cell_grows(const hg_cell *cell)
{
    double rate = cell->bytes_per_op;

    if (!hg_cell_is_judged(cell) || !isfinite(rate) || rate <= 0)
        return false;
    return cell->verdict == HG_VERDICT_LEAK || rate > 2 * cell->bytes_per_op_error;
}

const hg_trouble *hg_cell_trouble(const hg_cell *cell)
{
    static const hg_trouble slow = {"slower than allowed", "slower", "too-slow", "is too slow",
                                    "a subject is slower than max_slowdown allows"};
    static const hg_trouble over = {"a holder is over its bound", "bound", "over-bound",
                                    "has a holder over its bound",
                                    "a holder is over its bound, or has none and needs one"};
    static const hg_trouble kept = {"memory at exit needs a review", "review", "needs-review",
                                    "keeps memory at exit that needs a review",
                                    "memory at exit is not declared, or its declaration has ended"};

    if ((cell->expect == HG_EXPECT_LEAK) != (cell->verdict == HG_VERDICT_LEAK))
        return NULL;
    if (cell->too_slow || !hg_cell_keeps_bounds(cell))
        return cell->too_slow ? &slow : &over;
    return cell->kept.failing > 0 ? &kept : NULL;
}

/* A cell that was judged has a smallest leak that it can detect. */
bool hg_cell_is_judged(const hg_cell *cell)
{
    return cell->verdict != HG_VERDICT_FAILED &&
           (cell->verdict != HG_VERDICT_INCONCLUSIVE || cell->min_detectable_bytes_per_op > 0);
}

bool hg_cell_is_timed(const hg_cell *cell)
{
    return cell->speed.ops_per_second.median > 0;
}

const hg_site *hg_cell_culprit(const hg_cell *cell)
{
    const hg_site *best = NULL;

    for (size_t i = 0; i < cell->site_count; i++) {
        const hg_site *site = &cell->sites[i];
        bool leaks = site->growth_class == HG_CLASS_LEAK;
        if (!hg_site_grows(site) || hg_site_is_part(cell, site))
            continue;
        if (!best || (leaks && best->growth_class != HG_CLASS_LEAK) ||
            (site->growth_class == best->growth_class && site->bytes_per_op > best->bytes_per_op))
            best = site;
    }
    return best;
}

/* One call path, line by line: a second leak in the same function is another story. */
static bool same_lines(const hg_site *a, const hg_site *b)
{
    if (hg_path_compare(a, b) != 0)
        return false;
    for (size_t i = 0; i < a->frame_count; i++)
        if (a->frames[i].line != b->frames[i].line || !hg_same_text(a->frames[i].file, b->frames[i].file))
            return false;
    return true;
}

bool hg_cell_same_story(const hg_cell *a, const hg_cell *b)
{
    const hg_site *x = hg_cell_culprit(a);
    const hg_site *y = hg_cell_culprit(b);

    return a->met == b->met && a->verdict == HG_VERDICT_LEAK && b->verdict == HG_VERDICT_LEAK &&
           hg_same_text(a->workload, b->workload) && hg_same_text(a->subject, b->subject) && x && y &&
           same_lines(x, y);
}

size_t hg_view_count_same_story(const hg_view *view, size_t index)
{
    size_t end = hg_view_workload_end(view, index);
    size_t count = 0;

    for (size_t i = index + 1; i < end; i++)
        count += hg_cell_same_story(view->cells[index], view->cells[i]);
    return count;
}

/* Cells of one workload are neighbours. */
bool hg_view_is_told(const hg_view *view, size_t index)
{
    assert(index < view->count);
    for (size_t i = index; i-- > 0 && hg_same_text(view->cells[i]->workload, view->cells[index]->workload);)
        if (hg_cell_same_story(view->cells[i], view->cells[index]))
            return true;
    return false;
}

size_t hg_cell_warmup_epochs(const hg_cell *cell, size_t epoch_count)
{
    if (cell->warmup_rounds <= 0)
        return 0;
    return (uint64_t)cell->warmup_rounds < epoch_count ? (size_t)cell->warmup_rounds : epoch_count;
}

size_t hg_run_count_met(const hg_run *run)
{
    size_t met = 0;

    for (size_t i = 0; i < run->cell_count; i++)
        met += run->cells[i].met;
    return met;
}

bool hg_view_subject_is(const hg_view *view, const char *subject, hg_verdict verdict)
{
    for (size_t i = 0; i < view->count; i++) {
        if (hg_same_text(view->cells[i]->subject, subject) && view->cells[i]->verdict != verdict)
            return false;
    }
    return true;
}

const char *hg_verdict_phrase(hg_verdict verdict)
{
    switch (verdict) {
    case HG_VERDICT_CLEAN:
        return "is clean";
    case HG_VERDICT_LEAK:
        return "leaks";
    case HG_VERDICT_FRAGMENTATION:
        return "fragments";
    case HG_VERDICT_INCONCLUSIVE:
        return "is inconclusive";
    default:
        return "failed";
    }
}

/* The trouble of every cell that is not as expected, or NULL. */
static const hg_trouble *only_trouble(const hg_run *run)
{
    const hg_trouble *only = NULL;

    for (size_t i = 0; i < run->cell_count; i++) {
        const hg_trouble *trouble = run->cells[i].met ? only : hg_cell_trouble(&run->cells[i]);
        if (!run->cells[i].met && (!trouble || (only && trouble != only)))
            return NULL;
        only = trouble;
    }
    return only;
}

const char *hg_run_meaning(const hg_run *run)
{
    if (run->unfinished[0])
        return run->unfinished;
    switch (hg_run_exit_code(run)) {
    case 0:
        return "every expectation was met";
    case 1:
        if (hg_run_count_met(run) == run->cell_count)
            return hg_tried_failing(&run->tried) > 0 ? "a new line allocates, and no workload tried it"
                   : hg_tried_too_few(&run->tried)   ? "too few allocation sites were tried"
                                                     : "a call that fails is not survived";
        if (hg_run_lacks_leak(run))
            return "no leak was found where one was expected";
        if (!only_trouble(run))
            return "a leak was found, or an expected leak was not";
        return only_trouble(run)->meaning;
    case 3:
        return "there is not enough evidence for a verdict";
    case 4:
        if (hg_run_count_met(run) == run->cell_count && hg_run_tried_exit_code(run) == 4)
            return "which allocation sites were tried is not known";
        if (hg_run_count_met(run) == run->cell_count && run->torture.asked)
            return "not every fault was made";
        return "a workload crashed, hung, or measured nothing";
    default:
        return "the harness did not measure its own control leak correctly";
    }
}
