#include "merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hg_cell *find_same(hg_cell *cells, size_t count, const hg_cell *cell)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cells[i].workload, cell->workload) == 0 && strcmp(cells[i].subject, cell->subject) == 0 &&
            strcmp(cells[i].allocator, cell->allocator) == 0)
            return &cells[i];
    return NULL;
}

/* "A; B", or "A" where B is named in it; NULL when memory ran out. */
static char *join_machines(const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 3;

    if (!b[0] || strstr(a, b))
        return strdup(a);
    if (!a[0])
        return strdup(b);
    char *joined = malloc(size);
    if (joined)
        snprintf(joined, size, "%s; %s", a, b);
    return joined;
}

/* How many cells of `from` are new to `into`; SIZE_MAX where one is not and may not be. */
static size_t count_new(const hg_run *into, const hg_run *from, bool replace, size_t *ret_cell)
{
    size_t count = 0;

    for (size_t i = 0; i < from->cell_count; i++) {
        bool known = find_same(into->cells, into->cell_count, &from->cells[i]) != NULL;
        if (known && !replace) {
            *ret_cell = i;
            return SIZE_MAX;
        }
        count += !known;
    }
    return count;
}

static void move_cells(hg_run *into, hg_run *from)
{
    size_t before = into->cell_count; /* a cell that `from` itself has twice stays twice */

    for (size_t i = 0; i < from->cell_count; i++) {
        hg_cell *same = find_same(into->cells, before, &from->cells[i]);
        if (same)
            hg_cell_clear(same);
        else
            same = &into->cells[into->cell_count++];
        *same = from->cells[i];
    }
    free(from->cells);
    from->cells = NULL;
    from->cell_count = 0;
}

hg_merge_status hg_run_merge(hg_run *into, hg_run *from, bool replace, size_t *ret_cell)
{
    if (strcmp(into->suite, from->suite) != 0)
        return HG_MERGE_OTHER_SUITE;
    if (strcmp(into->version, from->version) != 0)
        return HG_MERGE_OTHER_VERSION;
    size_t added = count_new(into, from, replace, ret_cell);
    if (added == SIZE_MAX)
        return HG_MERGE_SAME_CELL;
    if (into->cell_count + added > HG_RUN_MAX_CELLS)
        return HG_MERGE_TOO_MANY;
    char *machine = join_machines(into->machine, from->machine);
    hg_cell *cells = realloc(into->cells, (into->cell_count + added + 1) * sizeof *cells);
    if (cells)
        into->cells = cells;
    if (!machine || !cells) {
        free(machine);
        return HG_MERGE_NO_MEMORY;
    }
    free(into->machine);
    into->machine = machine;
    if (from->started[0] && (!into->started[0] || strcmp(from->started, into->started) < 0)) {
        char *later = into->started;
        into->started = from->started;
        from->started = later;
    }
    into->duration_seconds += from->duration_seconds;
    move_cells(into, from);
    into->exit_code = hg_run_exit_code(into);
    return HG_MERGE_DONE;
}
