#include "verdict/levels.h"

#include "analysis/lifetimes.h"
#include "record/checkpoint.h"

/* By what was alive at the checkpoints; live: the blocks or the bytes of the history. */
static hg_level level_at_ends(const hg_history *whole, const int64_t *live)
{
    int64_t values[HG_MAX_EPOCHS];
    for (uint32_t i = 0; i < whole->epochs; i++)
        values[i] = hg_alive_at(whole, live, i);
    return hg_level_of(values, whole->ops, whole->epochs, whole->warmup);
}

/* By the least that was alive in each round. */
static hg_level level_of_least(const hg_record *record, const hg_history *whole, bool of_blocks)
{
    int64_t values[HG_MAX_EPOCHS];
    int64_t starts[HG_MAX_EPOCHS];
    int64_t blocks;
    int64_t bytes;
    for (uint32_t i = 0; i < whole->epochs; i++) {
        if (!hg_record_low_water(record, i, &blocks, &bytes))
            return (hg_level){0};
        values[i] = of_blocks ? blocks : bytes;
        starts[i] = i > 0 ? whole->ops[i - 1] : 0;
    }
    return hg_level_of(values, starts, whole->epochs, whole->warmup);
}

void hg_levels_fill(const hg_judge_input *input, const hg_history *whole, hg_evidence *evidence)
{
    bool ends = input->rounds == HG_ROUNDS_OF_PROGRAM;
    evidence->total = level_at_ends(whole, whole->bytes);
    evidence->level = ends ? evidence->total : level_of_least(input->record, whole, false);
    evidence->blocks_rise =
        (ends ? level_at_ends(whole, whole->blocks) : level_of_least(input->record, whole, true)).rises;
    evidence->risen_bytes = (double)(hg_alive_at(whole, whole->bytes, whole->epochs - 1) -
                                     hg_alive_at(whole, whole->bytes, whole->warmup - 1));
}

hg_low_levels hg_levels_low(const hg_record *record, uint32_t warmup_rounds)
{
    int64_t blocks;
    int64_t bytes = 0;
    int64_t most = 0;
    int64_t fall = 0;
    hg_low_levels found = {0};
    for (uint32_t i = warmup_rounds; i < record->epochs; i++) {
        if (!hg_record_low_water(record, i, &blocks, &bytes))
            return (hg_low_levels){0};
        if (i == warmup_rounds + 1)
            found.begun = (double)bytes;
        most = bytes > most ? bytes : most;
        fall = most - bytes > fall ? most - bytes : fall;
    }
    found.last = (double)bytes;
    found.fall = (double)fall;
    return found;
}
