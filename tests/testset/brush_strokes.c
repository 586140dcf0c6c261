/* A painting program collects the points of a stroke in a buffer that doubles and trims it when the stroke
 * ends; the last 300 strokes can be undone. The mistake: a stroke that is cancelled by a second finger (1
 * in 60) sets the buffer to NULL without freeing it. */
#include "pair.h"

enum { UNDO = 300 };
struct point {
    float x, y, pressure, tilt;
};
static struct point *stroke, *undo[UNDO];
static uint32_t points, capacity, length = 40;
static uint64_t strokes;

PAIR_NOINLINE static struct point *points_resize(struct point *p, uint32_t n)
{
    p = realloc(p, n * sizeof *p);
    if (!p)
        abort();
    return p;
}

static void stroke_end(uint64_t r)
{
    struct point **slot = &undo[strokes++ % UNDO];
    bool cancelled = r % 60 == 0;
    if (cancelled) {
        if (!LEAKS)
            free(stroke);
    } else {
        free(*slot);
        *slot = points_resize(stroke, points);
    }
    stroke = NULL;
    points = capacity = 0;
    length = 5 + (uint32_t)(r >> 20) % 195;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    if (points == capacity) {
        capacity = capacity ? capacity * 2 : 8;
        stroke = points_resize(stroke, capacity);
    }
    stroke[points++] = (struct point){(float)(r % 1000), (float)(r >> 50), 1, 0};
    if (points == length)
        stroke_end(r);
    return 0;
}
