#include "view/torture_losses.h"

#include "view/torture_findings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything else is borrowed from the run. */
typedef struct losses {
    hg_run run;         /* the cells of the run, and after them one for each finding that lost memory */
    hg_cell *cells;     /* those of run */
    hg_site *sites;     /* of the added ones */
    char (*names)[128]; /* in place of the added ones' allocators */
} losses;

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

static void add(losses *all, const hg_fault *fault, size_t number, size_t *sites)
{
    hg_cell *cell = &all->cells[all->run.cell_count++];
    snprintf(all->names[number], sizeof *all->names, "fault %.64s, %.32s", fault->id, fault->mode);
    *cell = (hg_cell){.workload = fault->workload,
                      .subject = fault->subject,
                      .allocator = all->names[number],
                      .ops = 1,
                      .verdict = HG_VERDICT_LEAK,
                      .sites = all->sites + *sites};
    for (size_t i = 0; i < fault->loss_count; i++)
        if (!fault->losses[i].descriptor)
            cell->sites[cell->site_count++] = site_of(&fault->losses[i]);
    *sites += cell->site_count;
}

bool hg_torture_losses_write(const hg_run *run, hg_run_writer write, FILE *out)
{
    hg_torture_findings findings;
    size_t sites = 0;

    if (!hg_torture_findings_gather(&run->torture, &findings))
        return false;
    for (size_t i = 0; i < findings.count; i++)
        sites += findings.items[i].fault->loss_count;
    losses made = {
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
    done = done && write(&made.run, out);
    free(made.cells);
    free(made.sites);
    free(made.names);
    return done;
}
