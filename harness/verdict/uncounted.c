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

void hg_judge_unseen(const hg_judge_input *input, const hg_gathered *gathered, const int64_t *ops,
                     hg_evidence *evidence)
{
    const hg_record *record = input->record;
    const hg_history history = {.epochs = record->epochs, .warmup = input->warmup_rounds, .ops = ops};
    int64_t values[HG_MAX_EPOCHS];
    int64_t held[HG_MAX_EPOCHS];
    int64_t blocks = 0;
    bool told = true;
    evidence->held_file = record->header->held_file;
    if (input->rounds == HG_ROUNDS_OF_PROGRAM)
        return;
    for (uint32_t i = 0; i < record->epochs; i++) {
        const hg_record_sample *sample = &record->samples[i];
        int64_t mapped = mapped_at(gathered, &history, i);
        blocks = hg_alive_at(&history, gathered->whole_bytes, i) - mapped;
        /* Pages come when they are first used. */
        int64_t heap = sample->kept_bytes > blocks ? sample->kept_bytes : blocks;
        int64_t beside = sample->resident_bytes - heap;
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
    };
    if (told)
        evidence->unseen = hg_unseen_of(&series);
    series.values = held;
    evidence->held = hg_unseen_of_held(&series);
}
