#include "view/unmet.h"

#include "view/torture_findings.h"
#include "view/view.h"
#include <stdlib.h>

static int rank(const hg_cell *cell)
{
    switch (cell->verdict) {
    case HG_VERDICT_LEAK:
        return cell->expect == HG_EXPECT_LEAK ? 1 : 0;
    case HG_VERDICT_FAILED:
        return 2;
    case HG_VERDICT_INCONCLUSIVE:
        return 3;
    default:
        return 1;
    }
}

static int gravest_first(const void *a, const void *b)
{
    const hg_cell *one = *(const hg_cell *const *)a, *other = *(const hg_cell *const *)b;

    if (rank(one) != rank(other))
        return rank(one) - rank(other);
    if (one->bytes_per_op != other->bytes_per_op)
        return one->bytes_per_op > other->bytes_per_op ? -1 : 1;
    return one < other ? -1 : one > other; /* in the order of the run */
}

static int fastest_first(const void *a, const void *b)
{
    const hg_unmet_path *one = a, *other = b;

    if (one->site->bytes_per_op != other->site->bytes_per_op)
        return one->site->bytes_per_op > other->site->bytes_per_op ? -1 : 1;
    return one->site < other->site ? -1 : one->site > other->site;
}

static bool gather_more(hg_unmet *unmet)
{
    size_t room = 1;

    for (size_t i = 0; i < unmet->count; i++)
        room += hg_cell_leaks(unmet->cells[i]);
    unmet->more = malloc(room * sizeof *unmet->more);
    if (!unmet->more)
        return false;
    for (size_t i = 0; i < unmet->count && rank(unmet->cells[i]) == 0; i++) {
        const hg_cell *cell = unmet->cells[i];
        const hg_site *culprit = hg_cell_culprit(cell);
        size_t leaks = hg_cell_leaks(cell);
        for (size_t k = 0; k < leaks; k++)
            if (&cell->sites[k] != culprit)
                unmet->more[unmet->more_count++] = (hg_unmet_path){cell, &cell->sites[k]};
    }
    qsort(unmet->more, unmet->more_count, sizeof *unmet->more, fastest_first);
    return true;
}

bool hg_unmet_gather(const hg_run *run, hg_unmet *ret_unmet)
{
    hg_view view;
    hg_torture_findings found = {0};

    *ret_unmet = (hg_unmet){
        .cells = malloc((run->cell_count + 1) * sizeof(hg_cell *)),
        .faults = malloc((run->torture.fault_count + 1) * sizeof(hg_fault *)),
    };
    if (!ret_unmet->cells || !ret_unmet->faults || !hg_torture_findings_gather(&run->torture, &found) ||
        !hg_view_init(&view, run)) {
        hg_torture_findings_free(&found);
        hg_unmet_free(ret_unmet);
        return false;
    }
    for (size_t i = 0; i < found.count; i++)
        if (!found.items[i].fault->accepted)
            ret_unmet->faults[ret_unmet->fault_count++] = found.items[i].fault;
    hg_torture_findings_free(&found);
    for (size_t i = 0; i < view.count; i++)
        if (!view.cells[i]->met && !hg_view_is_told(&view, i))
            ret_unmet->cells[ret_unmet->count++] = view.cells[i];
    hg_view_clear(&view);
    qsort(ret_unmet->cells, ret_unmet->count, sizeof(hg_cell *), gravest_first);
    if (!gather_more(ret_unmet)) {
        hg_unmet_free(ret_unmet);
        return false;
    }
    return true;
}

void hg_unmet_free(hg_unmet *unmet)
{
    free(unmet->cells);
    free(unmet->faults);
    free(unmet->more);
    *unmet = (hg_unmet){0};
}

const char *hg_unmet_kind(const hg_cell *cell)
{
    const hg_trouble *trouble = hg_cell_trouble(cell);

    if (trouble)
        return trouble->type;
    return hg_verdict_is_sure(cell->verdict) && cell->expect == HG_EXPECT_LEAK
               ? "leak-not-seen"
               : hg_verdict_name(cell->verdict);
}
