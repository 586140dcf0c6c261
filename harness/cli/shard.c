#include "cli/command.h"
#include "cli/input.h"
#include "cli/plans.h"
#include "suite/shares.h"
#include <stdlib.h>
#include <string.h>

/* The time a cell took in an earlier run; 0 if it was not part of that run. */
static double seconds_of(const hg_run *run, const hg_suite_cell *cell)
{
    for (size_t i = 0; i < run->cell_count; i++)
        if (strcmp(run->cells[i].workload, cell->workload->name) == 0 &&
            strcmp(run->cells[i].subject, cell->subject->name) == 0 &&
            strcmp(run->cells[i].allocator, cell->allocator) == 0)
            return run->cells[i].duration_seconds;
    return 0;
}

/* Every shard must read the same file, so that all divide the suite alike; merge checks that they did. */
static bool read_times(const char *given, const hg_suite_cell *cells, size_t count, double *ret_seconds)
{
    size_t known = 0;
    hg_run *run = hg_read_run(given);
    if (!run)
        return false;
    for (size_t i = 0; i < count; i++) {
        ret_seconds[i] = seconds_of(run, &cells[i]);
        known += ret_seconds[i] > 0;
    }
    hg_run_free(run);
    if (known == 0)
        hg_complain("--shard-times: %s has no cell of this suite; the cells are assigned in turn", given);
    return true;
}

/* Whether a cell goes to the shard of the cell before it: cells whose speeds are compared stay together. */
static bool joins_previous(const hg_suite_cell *cells, size_t i)
{
    return i > 0 && cells[i].workload->max_slowdown > 0 && cells[i].workload == cells[i - 1].workload &&
           strcmp(cells[i].allocator, cells[i - 1].allocator) == 0;
}

/* Replaces the times of cells by those of whole groups; returns the number of groups. */
static size_t sum_groups(const hg_suite_cell *cells, size_t count, double *seconds)
{
    size_t groups = 0;
    for (size_t i = 0; i < count; i++)
        if (joins_previous(cells, i))
            seconds[groups - 1] += seconds[i];
        else
            seconds[groups++] = seconds[i];
    return groups;
}

/* Replaces the shards of groups by those of cells. Backwards, so that no group is overwritten before it is
 * read. */
static void spread_groups(const hg_suite_cell *cells, size_t count, size_t groups, uint32_t *shards)
{
    for (size_t i = count; i-- > 0;) {
        shards[i] = shards[groups - 1] + 1;
        groups -= !joins_previous(cells, i);
    }
}

bool hg_shard_divide(const hg_suite_cell *cells, size_t count, const hg_selection *selection,
                     uint32_t *ret_shards)
{
    uint32_t shards = selection->shards > 0 ? selection->shards : 1;
    double *seconds = calloc(count + 1, sizeof *seconds);
    if (!seconds)
        return hg_refuse("out of memory");
    bool read = !selection->times || read_times(selection->times, cells, count, seconds);
    size_t groups = read ? sum_groups(cells, count, seconds) : 0;
    bool divided = read && hg_shares_divide(seconds, groups, shards, ret_shards);
    if (read && !divided)
        hg_complain("out of memory");
    free(seconds);
    if (divided)
        spread_groups(cells, count, groups, ret_shards);
    return divided;
}
