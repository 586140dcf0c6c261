/* A scan converter keeps its cells in a pool: what a shape needs is taken from there and goes back, so that
 * after the most complex shape (rare sizes come late) nothing is allocated. The mistake: a shape that is
 * clipped away entirely (1 in 100) keeps one cell. */
#include "pair.h"

struct cell {
    struct cell *next;
    int32_t x, y, cover, area;
};
static struct cell *pool;
static int64_t coverage;

PAIR_NOINLINE static struct cell *cell_new(void)
{
    struct cell *cell = malloc(sizeof *cell);
    if (!cell)
        abort();
    return cell;
}

static struct cell *cell_take(void)
{
    struct cell *cell = pool;
    if (!cell)
        return cell_new();
    pool = cell->next;
    return cell;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    int cells = 4 + 8 * __builtin_ctzll(r | 1u << 12);
    struct cell *shape = NULL;
    for (int k = 0; k < cells; k++) {
        struct cell *cell = cell_take();
        *cell = (struct cell){shape, k, (int32_t)(r >> 50), 1, (int32_t)(r >> 60)};
        shape = cell;
    }
    if (LEAKS && (r >> 20) % 100 == 0)
        shape = shape->next;
    while (shape) {
        struct cell *cell = shape;
        shape = cell->next;
        coverage += cell->cover * cell->area;
        cell->next = pool;
        pool = cell;
    }
    return 0;
}
