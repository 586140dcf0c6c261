#include "record/checkpoint.h"

#include <string.h>
#include <sys/mman.h>

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Contexts that are added up together. */
enum { PART = 128 };

typedef struct context_part {
    uint32_t begin, end;
    uint64_t sums[PART]; /* of all counters of a context */
    bool wanted[PART];   /* it gets a row */
} context_part;

/* The rest of a row, cut to the part. */
static uint32_t end_in(const context_part *part, const hg_record_row *row)
{
    return row->contexts < part->end ? row->contexts : part->end;
}

/* Gives the allocations of the part, of all births. */
static int64_t sum_up(const hg_record *record, uint32_t now, context_part *part)
{
    int64_t allocations = 0;
    for (uint32_t epoch = 0; epoch <= now; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            for (uint32_t context = part->begin; context < end_in(part, &row); context++) {
                const hg_record_tally *tally = &row.tallies[context];
                uint64_t allocated = load(&tally->allocated_blocks);
                part->sums[context - part->begin] += allocated + load(&tally->allocated_bytes) +
                                                     load(&tally->freed_blocks) + load(&tally->freed_bytes);
                if (allocated > 0 && !hg_record_is_descriptor(record, context))
                    allocations = hg_count_sum(allocations, (int64_t)allocated);
            }
    }
    return allocations;
}

/*
 * Whether some of the part are to get a row: those that changed. What is open at a checkpoint is read there
 * whether it changed or not. Context 0 is the only one that a program shares with another that replaced it,
 * whose sum may happen to be the same.
 */
static bool choose(const hg_record *record, uint32_t now, context_part *part)
{
    bool some = false;
    for (uint32_t context = part->begin; context < part->end; context++) {
        uint32_t i = context - part->begin;
        uint32_t flags = atomic_load_explicit(&record->contexts[context].flags, memory_order_relaxed);
        bool is_open = (flags & HG_CONTEXT_DESCRIPTOR) && (flags & HG_CONTEXT_LIVE);
        part->wanted[i] = part->sums[i] != record->seen[context] || is_open || context == HG_CONTEXT_NONE;
        if (!part->wanted[i])
            continue;
        some = true;
        record->seen[context] = part->sums[i];
        atomic_fetch_or_explicit(hg_record_rows(record, context, now), UINT64_C(1) << context % 64,
                                 memory_order_relaxed);
    }
    return some;
}

/* Adds one row of one shard to what is alive of each wanted context, born in the epoch. Gives their
 * allocations. */
static int64_t add_row(const hg_record *record, const context_part *part, const hg_record_row *row,
                       uint32_t now, uint32_t epoch)
{
    int64_t allocations = 0;
    for (uint32_t context = part->begin; context < end_in(part, row); context++) {
        const hg_record_tally *tally = &row->tallies[context];
        uint64_t allocated = load(&tally->allocated_blocks);
        uint64_t freed = load(&tally->freed_blocks);
        if (!part->wanted[context - part->begin] || (allocated == 0 && freed == 0))
            continue;
        if (!hg_record_is_descriptor(record, context))
            allocations = hg_count_sum(allocations, (int64_t)allocated);
        int64_t bytes = (int64_t)(load(&tally->allocated_bytes) - load(&tally->freed_bytes));
        if (allocated == freed && bytes == 0)
            continue;
        hg_record_live *live = hg_record_live_row(record, context, now) + epoch;
        live->blocks = hg_count_sum(live->blocks, (int64_t)(allocated - freed));
        live->bytes = hg_count_sum(live->bytes, bytes);
        atomic_fetch_or_explicit(&record->contexts[context].flags, HG_CONTEXT_LIVE, memory_order_relaxed);
    }
    return allocations;
}

/* Writes the rows of the part. Gives its allocations, of all births. */
static int64_t add_part(const hg_record *record, uint32_t now, context_part *part)
{
    int64_t sum = 0;
    int64_t added = 0;
    bool changes = hg_record_has_changes(record);
    bool some = true;
    if (changes) {
        sum = sum_up(record, now, part);
        some = choose(record, now, part);
    } else {
        memset(part->wanted, true, sizeof part->wanted);
    }
    for (uint32_t epoch = 0; some && epoch <= now; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            added = hg_count_sum(added, add_row(record, part, &row, now, epoch));
    }
    return changes ? sum : added;
}

bool hg_checkpoint_close(hg_record *record)
{
    hg_record_header *header = record->header;
    uint32_t now = atomic_load(&header->closed);
    if (now >= record->epochs)
        return false;
    atomic_store(&header->closed, now + 1);
    /* The last epoch takes what comes after the last checkpoint. */
    if (now + 1 < record->epochs)
        atomic_store(&header->epoch, now + 1);
    return true;
}

int64_t hg_checkpoint_take(hg_record *record)
{
    hg_record_header *header = record->header;
    uint32_t now = atomic_load(&header->closed);
    if (now >= record->epochs || !record->live)
        return -1;
    uint32_t contexts = hg_record_contexts(record);
    int64_t allocations = 0;
    if (!hg_record_reach_live(record, contexts)) {
        atomic_fetch_add(&header->unrecorded, 1);
        contexts = record->pieces->live_contexts;
    }
    for (uint32_t begin = 0; begin < contexts; begin += PART) {
        context_part part = {.begin = begin, .end = contexts - begin < PART ? contexts : begin + PART};
        allocations = hg_count_sum(allocations, add_part(record, now, &part));
    }
    hg_checkpoint_close(record);
    return allocations;
}

static void add_live(const hg_record *record, const hg_record_tally *row, uint32_t epoch, uint32_t contexts,
                     hg_record_live *sum, int64_t *allocations)
{
    uint32_t control = record->header->control_context;
    for (uint32_t context = 0; context < contexts; context++) {
        uint64_t allocated = load(&row[context].allocated_blocks);
        uint64_t freed = load(&row[context].freed_blocks);
        if ((allocated == 0 && freed == 0) || hg_record_is_descriptor(record, context))
            continue;
        uint32_t stands_for = hg_record_stands_for(record, context, epoch);
        *allocations = hg_count_sum(*allocations, hg_count_times((int64_t)allocated, stands_for));
        if (context == control && control != HG_CONTEXT_NONE)
            continue;
        int64_t bytes = (int64_t)(load(&row[context].allocated_bytes) - load(&row[context].freed_bytes));
        sum->blocks = hg_count_sum(sum->blocks, hg_count_times((int64_t)(allocated - freed), stands_for));
        sum->bytes = hg_count_sum(sum->bytes, hg_count_times(bytes, stands_for));
    }
}

hg_record_live hg_checkpoint_peek(const hg_record *record, int64_t *ret_allocations)
{
    hg_record_live sum = {0};
    *ret_allocations = 0;
    for (uint32_t epoch = 0; epoch < record->epochs; epoch++) {
        hg_record_cursor cursor = {0};
        hg_record_row row;
        while (hg_record_next_row(record, epoch, &cursor, &row))
            add_live(record, row.tallies, epoch, row.contexts, &sum, ret_allocations);
    }
    for (uint32_t i = 0; i < HG_SHARD_CLASSES && !record->pieces; i++)
        madvise(record->shards[i], hg_record_shards(record, i) * record->shard_bytes[i], MADV_DONTNEED);
    return sum;
}

bool hg_record_low_water(const hg_record *record, uint32_t epoch, int64_t *ret_blocks, int64_t *ret_bytes)
{
    HG_PROBE_ASSERT(epoch < record->epochs);
    const hg_record_sample *sample = &record->samples[epoch];
    if (sample->low_samples <= 0)
        return false;
    *ret_blocks = sample->low_blocks;
    *ret_bytes = sample->low_bytes;
    return true;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void hg_record_join_low_water(const hg_record_sample *earlier, hg_record_sample *later)
{
    if (earlier->low_samples <= 0 || later->low_samples <= 0) {
        later->low_samples = 0;
        return;
    }
    later->low_samples += earlier->low_samples;
    later->low_blocks = least(earlier->low_blocks, later->low_blocks);
    later->low_bytes = least(earlier->low_bytes, later->low_bytes);
}

uint64_t hg_epoch_length(uint32_t epoch)
{
    HG_PROBE_ASSERT(epoch <= HG_MAX_EPOCHS);
    return epoch < HG_EQUAL_EPOCHS ? 1 : UINT64_C(2) << (epoch - HG_EQUAL_EPOCHS) / (HG_EQUAL_EPOCHS / 2);
}
