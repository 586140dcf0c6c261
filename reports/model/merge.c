#include "model/merge.h"

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

/* How many cells of `from` are new to `into`; SIZE_MAX if both have a cell and replace is false. */
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
    size_t before = into->cell_count; /* a cell that occurs twice in `from` stays twice */

    for (size_t i = 0; i < from->cell_count; i++) {
        hg_cell *same = find_same(into->cells, before, &from->cells[i]);
        if (same) {
            uint32_t number = from->cells[i].number ? from->cells[i].number : same->number;
            hg_cell_clear(same);
            *same = from->cells[i];
            same->number = number;
        } else {
            into->cells[into->cell_count++] = from->cells[i];
        }
    }
    free(from->cells);
    from->cells = NULL;
    from->cell_count = 0;
}

/* Cells without a shard, whose number is 0, go last. */
static bool goes_before(const hg_cell *a, const hg_cell *b)
{
    return a->number - 1 < b->number - 1;
}

/* Each shard is sorted already, so few cells move. Stable. */
static void sort_cells(hg_run *run)
{
    for (size_t i = 1; i < run->cell_count; i++) {
        hg_cell cell = run->cells[i];
        size_t at = i;
        while (at > 0 && goes_before(&cell, &run->cells[at - 1]))
            at--;
        memmove(&run->cells[at + 1], &run->cells[at], (i - at) * sizeof cell);
        run->cells[at] = cell;
    }
}

/* Which shards a run has, by number. */
typedef struct shard_set {
    bool has[HG_MOST_SHARDS + 1];
} shard_set;

static void add_shards(shard_set *set, const hg_part *part)
{
    for (size_t i = 0; i < part->number_count; i++)
        if (part->numbers[i] > 0 && part->numbers[i] <= HG_MOST_SHARDS)
            set->has[part->numbers[i]] = true;
}

static bool have_common(const hg_part *a, const hg_part *b)
{
    shard_set set = {0};

    add_shards(&set, a);
    for (size_t i = 0; i < b->number_count; i++)
        if (b->numbers[i] > 0 && b->numbers[i] <= HG_MOST_SHARDS && set.has[b->numbers[i]])
            return true;
    return false;
}

static hg_merge_status check_runs(const hg_run *into, const hg_run *from, bool replace)
{
    const hg_part *a = &into->part, *b = &from->part;

    if (strcmp(into->suite, from->suite) != 0)
        return HG_MERGE_OTHER_SUITE;
    if (strcmp(into->version, from->version) != 0)
        return HG_MERGE_OTHER_VERSION;
    if (a->shards && b->shards && (a->shards != b->shards || a->suite_cells != b->suite_cells))
        return HG_MERGE_OTHER_SHARDS;
    if (replace)
        return HG_MERGE_DONE;
    if (into->cell_count && from->cell_count && into->cells[0].seed != from->cells[0].seed)
        return HG_MERGE_OTHER_SEED;
    return have_common(a, b) ? HG_MERGE_SAME_SHARD : HG_MERGE_DONE;
}

/* `into` has room for the numbers of both; added is the number of cells of `from` that are new. */
static void join_parts(hg_part *into, const hg_part *from, uint64_t added)
{
    shard_set set = {0};

    if (from->shards == 0)
        return;
    into->cells += have_common(into, from) ? added : from->cells;
    into->shards = from->shards;
    into->suite_cells = from->suite_cells;
    add_shards(&set, into);
    add_shards(&set, from);
    into->number_count = 0;
    for (uint32_t number = 1; number <= HG_MOST_SHARDS; number++)
        if (set.has[number])
            into->numbers[into->number_count++] = number;
}

/* Passes and faults go behind those that are there; an array moves to the other's end. */
static bool append_all(void **into, size_t *count, void *from, size_t more, size_t size)
{
    char *grown = more > 0 ? realloc(*into, (*count + more) * size) : NULL;

    if (more == 0)
        return true;
    if (!grown)
        return false;
    memcpy(grown + *count * size, from, more * size);
    *into = grown;
    *count += more;
    return true;
}

static bool move_torture(hg_torture *into, hg_torture *from)
{
    if (!append_all((void **)&into->passes, &into->pass_count, from->passes, from->pass_count,
                    sizeof *into->passes))
        return false;
    free(from->passes);
    from->passes = NULL;
    from->pass_count = 0;
    if (!append_all((void **)&into->faults, &into->fault_count, from->faults, from->fault_count,
                    sizeof *into->faults))
        return false;
    free(from->faults);
    *from = (hg_torture){0};
    into->asked = into->pass_count > 0;
    return true;
}

hg_merge_status hg_run_merge(hg_run *into, hg_run *from, bool replace, size_t *ret_cell)
{
    hg_merge_status status = check_runs(into, from, replace);
    if (status != HG_MERGE_DONE)
        return status;
    size_t added = count_new(into, from, replace, ret_cell);
    if (added == SIZE_MAX)
        return HG_MERGE_SAME_CELL;
    if (into->cell_count + added > HG_RUN_MAX_CELLS)
        return HG_MERGE_TOO_MANY;
    char *machine = join_machines(into->machine, from->machine);
    hg_cell *cells = realloc(into->cells, (into->cell_count + added + 1) * sizeof *cells);
    if (cells)
        into->cells = cells;
    size_t numbers_size = (into->part.number_count + from->part.number_count + 1) * sizeof(int64_t);
    int64_t *numbers = realloc(into->part.numbers, numbers_size);
    if (numbers)
        into->part.numbers = numbers;
    if (!machine || !cells || !numbers || !move_torture(&into->torture, &from->torture) ||
        !hg_tried_join(&into->tried, &from->tried)) {
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
    join_parts(&into->part, &from->part, added);
    if (from->unfinished[0]) {
        char *finished = into->unfinished;
        into->unfinished = from->unfinished;
        from->unfinished = finished;
    }
    move_cells(into, from);
    sort_cells(into);
    into->exit_code = hg_run_exit_code(into);
    return HG_MERGE_DONE;
}

bool hg_run_make_whole(hg_run *run, hg_part_lack *ret_lack)
{
    hg_part *part = &run->part;
    shard_set set = {0};
    uint64_t there = 0;

    *ret_lack = (hg_part_lack){0};
    if (part->shards == 0)
        return true;
    add_shards(&set, part);
    for (uint32_t number = 1; number <= part->shards && number <= HG_MOST_SHARDS; number++)
        if (!set.has[number]) {
            if (ret_lack->shards < sizeof ret_lack->first / sizeof *ret_lack->first)
                ret_lack->first[ret_lack->shards] = number;
            ret_lack->shards++;
        }
    for (size_t i = 0; i < run->cell_count; i++)
        there += run->cells[i].number > 0;
    ret_lack->cells = part->suite_cells > there ? part->suite_cells - there : 0;
    ret_lack->interrupted = part->cells > there ? part->cells - there : 0;
    if (ret_lack->shards > 0 || ret_lack->cells > 0)
        return false;
    free(part->numbers);
    *part = (hg_part){0};
    for (size_t i = 0; i < run->cell_count; i++)
        run->cells[i].number = 0;
    return true;
}
