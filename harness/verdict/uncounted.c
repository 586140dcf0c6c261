#include "verdict/uncounted.h"

#include "analysis/lifetimes.h"
#include <math.h>

/* What is alive of mappings at the checkpoint. */
static int64_t mapped_at(const hg_gathered *gathered, const hg_history *history, uint32_t checkpoint)
{
    int64_t sum = 0;
    for (size_t i = 0; i < gathered->count; i++)
        if (gathered->sites[i].site.mapped)
            sum = hg_count_sum(sum, hg_alive_at(history, gathered->sites[i].bytes, checkpoint));
    return sum;
}

/* What is counted changes in the measured rounds, and what it takes beside its sizes with it. */
static double range_of(const int64_t *values, uint32_t count, uint32_t warmup)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (uint32_t i = warmup; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    return count > warmup ? (double)most - (double)least : 0;
}

/* What the allocator handed out beyond all that is counted, of which only the growth is known. */
static hg_unseen judge_past(const hg_record *record, const hg_history *history, const hg_gathered *gathered,
                            hg_unseen_series series)
{
    int64_t values[HG_MAX_EPOCHS];
    int64_t bytes[HG_MAX_EPOCHS];
    int64_t counts[HG_MAX_EPOCHS];
    for (uint32_t i = 0; i < record->epochs; i++) {
        const hg_record_sample *sample = &record->samples[i];
        if (sample->allocated_bytes < 0)
            return (hg_unseen){0};
        bytes[i] = hg_alive_at(history, gathered->whole_bytes, i) - mapped_at(gathered, history, i);
        counts[i] = hg_alive_at(history, gathered->whole_blocks, i);
        values[i] = sample->allocated_bytes - bytes[i] - sample->control_bytes;
    }
    series.values = values;
    series.noise = HG_PAST_BYTES * fmax(1, series.threads) +
                   HG_PAST_OF_A_BLOCK * range_of(counts, record->epochs, series.warmup) +
                   HG_PAST_OF_SIZE * range_of(bytes, record->epochs, series.warmup);
    return hg_unseen_of_held(&series);
}

/* Whether less was resident than counted all along. */
static bool is_inside(const hg_record *record, const hg_history *history, const hg_gathered *gathered)
{
    bool inside = true;
    for (uint32_t i = history->warmup; i < record->epochs; i++)
        inside =
            inside && record->samples[i].resident_bytes <
                          hg_alive_at(history, gathered->whole_bytes, i) - mapped_at(gathered, history, i);
    return inside;
}

void hg_judge_unseen(const hg_judge_input *input, const hg_gathered *gathered, const int64_t *ops,
                     hg_evidence *evidence)
{
    const hg_record *record = input->record;
    const hg_history history = {.epochs = record->epochs, .warmup = input->warmup_rounds, .ops = ops};
    int64_t values[HG_MAX_EPOCHS];
    int64_t held[HG_MAX_EPOCHS];
    int64_t blocks = 0;
    bool told = true;
    bool inside = is_inside(record, &history, gathered);
    evidence->held_file = record->header->held_file;
    if (input->rounds == HG_ROUNDS_OF_PROGRAM)
        return;
    for (uint32_t i = 0; i < record->epochs; i++) {
        const hg_record_sample *sample = &record->samples[i];
        int64_t mapped = mapped_at(gathered, &history, i);
        blocks = hg_alive_at(&history, gathered->whole_bytes, i) - mapped;
        int64_t heap = sample->kept_bytes > blocks ? sample->kept_bytes : blocks;
        int64_t beside = sample->resident_bytes - (inside ? 0 : heap);
        values[i] = (beside > 0 ? beside : 0) - mapped;
        held[i] = sample->held_bytes;
        told = told && sample->resident_bytes >= 0 && sample->kept_bytes >= 0;
    }
    hg_unseen_series series = {
        .values = values,
        .ops = ops,
        .count = record->epochs,
        .warmup = input->warmup_rounds,
        .resident = (double)record->samples[record->epochs - 1].resident_bytes,
        .counted = fmax((double)blocks, 0),
        .largest_block = evidence->largest_block,
        .threads = (double)record->samples[record->epochs - 1].threads,
        .max_per_op = input->max_bytes_per_op,
        .inside = inside,
    };
    if (told)
        evidence->unseen = hg_unseen_of(&series);
    evidence->past = judge_past(record, &history, gathered, series);
    series.values = held;
    series.noise = HG_HELD_BYTES;
    evidence->held = hg_unseen_of_held(&series);
}
