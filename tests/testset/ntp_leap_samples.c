/* An NTP daemon works in static filters; from op 30,000 on a leap second is announced and one poll in 40
 * needs a smear table. The mistake: the table is allocated anew for each such poll and never freed.
 * Healthy: a static table, so it never allocates. */
#include "pair.h"

enum { PEERS = 64, STAGES = 8, ANNOUNCED = 30000 };
struct sample {
    double offset, delay;
};
static struct sample filter[PEERS][STAGES];
static double static_smear[8];
static double clock_offset;

PAIR_NOINLINE static double *smear_table(double offset)
{
    double *table = LEAKS ? malloc(8 * sizeof *table) : static_smear;
    for (int k = 0; k < 8; k++)
        table[k] = offset * k / 8;
    return table;
}

int heapgate_iterate(uint64_t i)
{
    uint64_t r = pair_random(i, 0);
    struct sample *stages = filter[r % PEERS];
    stages[i % STAGES] = (struct sample){(double)(r >> 40) * 0x1p-24, (double)(r >> 20 & 0xfffff)};
    struct sample best = stages[0];
    for (int k = 1; k < STAGES; k++)
        if (stages[k].delay < best.delay)
            best = stages[k];
    if (i >= ANNOUNCED && i % 40 == 0)
        best.offset += smear_table(best.offset)[i % 8];
    clock_offset += (best.offset - clock_offset) / 16;
    return 0;
}
