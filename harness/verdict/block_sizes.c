#include "verdict/block_sizes.h"

#include <stdlib.h>

/* What one call path allocated from an epoch on, added to sums of [contexts]. */
static void add_allocated(const hg_record *record, uint32_t from, hg_record_live *sums, uint32_t contexts)
{
    uint32_t shards = hg_record_shards(record);
    for (uint32_t i = 0; i < shards; i++) {
        const hg_record_shard *shard = hg_record_shard_at(record, i);
        for (uint32_t epoch = from; epoch < record->epochs; epoch++) {
            if (!atomic_load_explicit(&shard->in_use[epoch], memory_order_acquire))
                continue;
            const hg_record_tally *row = shard->tallies + (size_t)epoch * HG_MAX_CONTEXTS;
            for (uint32_t context = 0; context < contexts; context++) {
                hg_record_live *sum = &sums[context];
                sum->blocks = hg_count_sum(sum->blocks, (int64_t)atomic_load(&row[context].allocated_blocks));
                sum->bytes = hg_count_sum(sum->bytes, (int64_t)atomic_load(&row[context].allocated_bytes));
            }
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
