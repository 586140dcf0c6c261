#include "cli/cli.h"

#include "suite/shares.h"
#include <stdlib.h>
#include <string.h>

/* What a cell took in a former run; 0 where it was not in it. */
static double seconds_of(const hg_run *run, const hg_suite_cell *cell)
{
    for (size_t i = 0; i < run->cell_count; i++)
        if (strcmp(run->cells[i].workload, cell->workload->name) == 0 &&
            strcmp(run->cells[i].subject, cell->subject->name) == 0 &&
            strcmp(run->cells[i].allocator, cell->allocator) == 0)
            return run->cells[i].duration_seconds;
    return 0;
}

/* Every shard reads the same file and comes to the same division; merge finds out where that was not so. */
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
        hg_complain("--shard-times: %s has no cell of this suite; the cells are dealt out in turn", given);
    return true;
}

/* Whether a cell goes where the one before it goes: cells that are compared in speed stay together. */
static bool belongs_to_last(const hg_suite_cell *cells, size_t i)
{
    return i > 0 && cells[i].workload->max_slowdown > 0 && cells[i].workload == cells[i - 1].workload &&
           strcmp(cells[i].allocator, cells[i - 1].allocator) == 0;
}

/* Makes the times of cells those of whole groups, in place; the number of groups. */
static size_t sum_groups(const hg_suite_cell *cells, size_t count, double *seconds)
{
    size_t groups = 0;
    for (size_t i = 0; i < count; i++)
        if (belongs_to_last(cells, i))
            seconds[groups - 1] += seconds[i];
        else
            seconds[groups++] = seconds[i];
    return groups;
}

/* Gives each cell the shard of its group, in place: from the last on, no group is read after it was
 * written. */
static void spread_groups(const hg_suite_cell *cells, size_t count, size_t groups, uint32_t *shards)
{
    for (size_t i = count; i-- > 0;) {
        shards[i] = shards[groups - 1] + 1;
        groups -= !belongs_to_last(cells, i);
    }
}

bool hg_shard_divide(const hg_suite_cell *cells, size_t count, const hg_selection *selection,
                     uint32_t *ret_shards)
{
    uint32_t shards = selection->shards > 0 ? selection->shards : 1;
    double *seconds = calloc(count + 1, sizeof *seconds);
    if (!seconds) {
        hg_complain("out of memory");
        return false;
    }
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
