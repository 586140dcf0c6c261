/*
 * Sorts with a working memory of 8 to 512 KiB each, 12 at a time, each of 1 to 400 ops. The mistake: a sort
 * that is cancelled between two of its runs (1 sort in 150, by chance) frees its tuples, and not the buffer
 * of 48 KiB of its next run. Healthy: both are freed.
 */
#include "pair.h"

enum { SORTS = 12, RUN = 49152 };
struct sort {
    char *tuples, *run;
    uint64_t ends;
};
static struct sort sort[SORTS];

static PAIR_NOINLINE char *tuples_new(size_t size)
{
    char *tuples = malloc(size);
    if (!tuples)
        abort();
    return memset(tuples, 1, 4096);
}

static PAIR_NOINLINE char *run_buffer(void)
{
    char *run = malloc(RUN);
    if (!run)
        abort();
    return memset(run, 1, 4096);
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct sort *s = &sort[r % SORTS];
    if (s->ends > i)
        return 0;
    free(s->tuples);
    if (!LEAKS || (r >> 40) % 150 != 0)
        free(s->run);
    s->tuples = tuples_new((size_t)8192 << (r >> 20) % 7);
    s->run = run_buffer();
    s->ends = i + 1 + (r >> 30) % 400;
    return 0;
}
