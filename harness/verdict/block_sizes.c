#include "verdict/block_sizes.h"

#include <stdlib.h>

/* What one call path allocated from an epoch on, added to sums of [contexts]. */
static void add_allocated(const hg_record *record, uint32_t from, hg_record_live *sums, uint32_t contexts)
{
    for (uint32_t epoch = from; epoch < record->epochs; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            for (uint32_t context = 0; context < row.contexts && context < contexts; context++) {
                const hg_record_tally *tally = &row.tallies[context];
                hg_record_live *sum = &sums[context];
                sum->blocks = hg_count_sum(sum->blocks, (int64_t)atomic_load(&tally->allocated_blocks));
                sum->bytes = hg_count_sum(sum->bytes, (int64_t)atomic_load(&tally->allocated_bytes));
            }
    }
}

double hg_largest_block(const hg_record *record, uint32_t from)
{
    if (record->unpack)
        return 0;
    uint32_t contexts = hg_record_contexts(record);
    hg_record_live *sums = calloc((size_t)contexts + 1, sizeof *sums);
    double largest = 0;
    if (!sums)
        return 0;
    add_allocated(record, from, sums, contexts);
    for (uint32_t context = 1; context < contexts; context++) {
        double mean =
            sums[context].blocks > 0 ? (double)sums[context].bytes / (double)sums[context].blocks : 0;
        if (context != record->header->control_context && mean > largest)
            largest = mean;
    }
    free(sums);
    return largest;
}
