#include "view/torture_losses.h"

#include "view/torture_findings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_memory(const hg_fault *fault)
{
    return fault->lost_blocks > 0 && fault->loss_count > 0;
}

static hg_site site_of(const hg_fault_loss *loss)
{
    return (hg_site){.growth_class = HG_CLASS_LEAK,
                     .bytes_per_op = (double)loss->bytes,
                     .blocks_per_op = (double)loss->blocks,
                     .contexts = 1,
                     .frames = loss->frames,
                     .frame_count = loss->frame_count};
}

static void add(hg_torture_losses *losses, const hg_fault *fault, size_t number, size_t *sites)
{
    hg_cell *cell = &losses->cells[losses->run.cell_count++];
    snprintf(losses->names[number], sizeof *losses->names, "fault %.64s, %.32s", fault->id, fault->mode);
    *cell = (hg_cell){.workload = fault->workload,
                      .subject = fault->subject,
                      .allocator = losses->names[number],
                      .ops = 1,
                      .verdict = HG_VERDICT_LEAK,
                      .sites = losses->sites + *sites};
    for (size_t i = 0; i < fault->loss_count; i++)
        if (!fault->losses[i].descriptor)
            cell->sites[cell->site_count++] = site_of(&fault->losses[i]);
    *sites += cell->site_count;
}

bool hg_torture_losses_add(const hg_run *run, hg_torture_losses *ret_losses)
{
    hg_torture_findings findings;
    size_t sites = 0;

    if (!hg_torture_findings_gather(&run->torture, &findings))
        return false;
    for (size_t i = 0; i < findings.count; i++)
        sites += findings.items[i].fault->loss_count;
    hg_torture_losses made = {
        .run = *run,
        .cells = calloc(run->cell_count + findings.count + 1, sizeof *made.cells),
        .sites = calloc(sites + 1, sizeof *made.sites),
        .names = calloc(findings.count + 1, sizeof *made.names),
    };
    bool done = made.cells && made.sites && made.names;
    made.run.cells = made.cells;
    if (done && run->cell_count > 0)
        memcpy(made.cells, run->cells, run->cell_count * sizeof *made.cells);
    sites = 0;
    for (size_t i = 0; done && i < findings.count; i++)
        if (has_memory(findings.items[i].fault))
            add(&made, findings.items[i].fault, i, &sites);
    hg_torture_findings_free(&findings);
    if (done)
        *ret_losses = made;
    else
        hg_torture_losses_free(&made);
    return done;
}

void hg_torture_losses_free(hg_torture_losses *losses)
{
    free(losses->cells);
    free(losses->sites);
    free(losses->names);
    *losses = (hg_torture_losses){0};
}
