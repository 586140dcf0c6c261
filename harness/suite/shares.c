#include "suite/shares.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

typedef struct share_cell {
    double seconds;
    size_t index;
} share_cell;

/* The time for a cell whose time is unknown: the mean of the others. */
static double usual_seconds(const double *seconds, size_t count)
{
    double sum = 0;
    size_t known = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(seconds[i]) && seconds[i] > 0) {
            sum += seconds[i];
            known++;
        }
    return known > 0 ? sum / (double)known : 1;
}

static int compare_longest_first(const void *left, const void *right)
{
    const share_cell *a = left, *b = right;

    if (a->seconds != b->seconds)
        return a->seconds > b->seconds ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Of shards with equal loads the one with the fewest cells, so that cells that take no time are also
 * spread. */
static uint32_t least_loaded(const double *loads, const size_t *cells, uint32_t shards)
{
    uint32_t least = 0;

    for (uint32_t i = 1; i < shards; i++)
        if (loads[i] < loads[least] || (loads[i] == loads[least] && cells[i] < cells[least]))
            least = i;
    return least;
}

bool hg_shares_divide(const double *seconds, size_t count, uint32_t shards, uint32_t *ret_shards)
{
    assert(shards > 0);
    share_cell *order = calloc(count + 1, sizeof *order);
    double *loads = calloc(shards, sizeof *loads);
    size_t *cells = calloc(shards, sizeof *cells);
    bool done = order && loads && cells;

    if (done) {
        double usual = usual_seconds(seconds, count);
        for (size_t i = 0; i < count; i++)
            order[i] = (share_cell){isfinite(seconds[i]) && seconds[i] > 0 ? seconds[i] : usual, i};
        qsort(order, count, sizeof *order, compare_longest_first);
        for (size_t i = 0; i < count; i++) {
            uint32_t shard = least_loaded(loads, cells, shards);
            loads[shard] += order[i].seconds;
            cells[shard]++;
            ret_shards[order[i].index] = shard;
        }
    }
    free(order);
    free(loads);
    free(cells);
    return done;
}
