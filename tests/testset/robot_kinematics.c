/* The inverse kinematics of a robot arm: iterations on fixed arrays. The mistake: near a singularity (1 in
 * 20,000) a fallback solver takes a table of 256 KiB and returns early without freeing it. Healthy: the
 * table is made once in setup. */
#include "pair.h"
#include <math.h>

enum { TABLE = 32768 };
static double joint[6], *setup_table;

PAIR_NOINLINE static double *table_new(void)
{
    double *table = malloc(TABLE * sizeof *table);
    for (int k = 0; k < TABLE; k++)
        table[k] = k * 1e-4;
    return table;
}

int heapgate_setup(void)
{
    setup_table = table_new();
    return 0;
}

static double fallback(double target)
{
    double *table = LEAKS ? table_new() : setup_table;
    int at = (int)(target * (TABLE - 1));
    return table[at];
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    double target = (double)(r >> 11) * 0x1p-53;
    for (int k = 0; k < 6; k++)
        joint[k] += 0.1 * (target - sin(joint[k]));
    if ((r & 0xffffff) % 20000 == 0)
        joint[0] = fallback(target);
    return 0;
}

void heapgate_teardown(void)
{
    free(setup_table);
}
