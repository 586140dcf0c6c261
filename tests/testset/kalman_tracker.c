/* A radar tracker with 40 tracks and preallocated matrices. The mistake: an ill-conditioned update (1 in
 * 600) allocates a pivoting workspace and leaves by a return in the middle. Healthy: the workspace is
 * static; nothing is allocated in the loop. */
#include "pair.h"
#include <math.h>

enum { TRACKS = 40 };
struct track {
    double x[4], p[4][4];
};
struct workspace {
    double rows[4][8];
};
static struct track *track;
static struct workspace static_workspace;

PAIR_NOINLINE static struct workspace *workspace_new(void)
{
    struct workspace *w = LEAKS ? malloc(sizeof *w) : &static_workspace;
    if (!w)
        abort();
    return w;
}

static double invert_pivoting(struct track *t)
{
    struct workspace *w = workspace_new();
    for (int r = 0; r < 4; r++)
        for (int c = 0; c < 8; c++)
            w->rows[r][c] = c < 4 ? t->p[r][c] : c - 4 == r;
    double pivot = fabs(w->rows[0][0]);
    return pivot > 1e-3 ? 1 / pivot : 1000;
}

int heapgate_setup(void)
{
    track = calloc(TRACKS, sizeof *track);
    return !track;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct track *t = &track[r % TRACKS];
    double measured = (double)(r >> 44), gain = 0.25;
    for (int k = 0; k < 4; k++)
        t->p[k][k] = t->p[k][k] * 0.9 + 0.5;
    if (i % 600 == 599)
        gain = fmin(0.9, invert_pivoting(t));
    for (int k = 0; k < 4; k++)
        t->x[k] += gain * (measured - t->x[k]);
    return 0;
}

void heapgate_teardown(void)
{
    free(track);
}
