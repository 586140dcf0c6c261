#include "view/findings.h"
#include "model/path.h"
#include "view/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const hg_frame *hg_frame_with_line(const hg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (frames[i].file[0] && frames[i].line > 0)
            return &frames[i];
    return NULL;
}

const hg_frame *hg_finding_frame(const hg_site *site)
{
    return hg_frame_with_line(site->frames, site->frame_count);
}

static const char *file_of(const hg_finding *finding)
{
    const hg_frame *frame = hg_finding_frame(finding->site);

    return frame ? frame->file : "";
}

/* 0 if both belong to one result, otherwise their order. */
static int compare_results(const hg_finding *a, const hg_finding *b)
{
    int order = a->cell->met - b->cell->met;

    if (order == 0)
        order = hg_path_compare(a->site, b->site);
    return order != 0 ? order : strcmp(file_of(a), file_of(b));
}

static int compare_findings(const void *left, const void *right)
{
    const hg_finding *a = left;
    const hg_finding *b = right;
    int order = compare_results(a, b);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* Groups in the order of the run, those that are not as expected first. */
static int compare_groups(const void *left, const void *right)
{
    const hg_finding *a = left;
    const hg_finding *b = right;
    int order = a->cell->met - b->cell->met;

    if (order == 0)
        order = (a->group > b->group) - (a->group < b->group);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static void add_cell(hg_findings *findings, const hg_cell *cell)
{
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].growth_class == HG_CLASS_LEAK) {
            findings->items[findings->count] =
                (hg_finding){.cell = cell, .site = &cell->sites[i], .index = findings->count};
            findings->count++;
        }
}

bool hg_findings_gather(const hg_run *run, hg_findings *ret_findings)
{
    size_t room = 1;
    hg_findings made = {.count = 0};

    for (size_t i = 0; i < run->cell_count; i++)
        room += run->cells[i].site_count;
    made.items = calloc(room, sizeof *made.items);
    if (!made.items)
        return false;
    for (size_t i = 0; i < run->cell_count; i++)
        if (run->cells[i].verdict == HG_VERDICT_LEAK)
            add_cell(&made, &run->cells[i]);
    qsort(made.items, made.count, sizeof *made.items, compare_findings);
    for (size_t i = 0; i < made.count; i++) {
        bool same = i > 0 && compare_results(&made.items[i - 1], &made.items[i]) == 0;
        made.items[i].group = same ? made.items[i - 1].group : made.items[i].index;
    }
    qsort(made.items, made.count, sizeof *made.items, compare_groups);
    *ret_findings = made;
    return true;
}

void hg_findings_free(hg_findings *findings)
{
    free(findings->items);
    *findings = (hg_findings){0};
}

size_t hg_findings_group_end(const hg_findings *findings, size_t start)
{
    size_t end = start;

    assert(start < findings->count);
    while (end < findings->count && findings->items[end].group == findings->items[start].group)
        end++;
    return end;
}
