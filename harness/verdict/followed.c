#include "verdict/followed.h"

#include <math.h>

static size_t cells_of(const hg_gathered *gathered)
{
    return (size_t)gathered->epochs * gathered->epochs;
}

void hg_followed_weigh(const hg_record *record, hg_gathered *gathered)
{
    int64_t one_in = hg_record_one_in(record, 0);
    for (size_t i = 0; i < gathered->count && one_in > 1; i++) {
        const hg_gathered_site *site = &gathered->sites[i];
        for (size_t k = 0; k < cells_of(gathered) && site->site.mapped; k++) {
            gathered->whole_blocks[k] += site->blocks[k] / one_in - site->blocks[k];
            gathered->whole_bytes[k] += site->bytes[k] / one_in - site->bytes[k];
        }
    }
}

static void scale_rates(hg_growth *growth, double one_in)
{
    growth->blocks_per_round *= one_in;
    growth->bytes_per_round *= one_in;
    growth->bytes_per_round_error *= one_in;
    growth->hidden_bytes_per_round *= one_in;
}

void hg_followed_scale_rates(const hg_record *record, const hg_gathered *gathered, hg_growth *growths,
                             hg_evidence *evidence)
{
    double one_in = hg_record_one_in(record, 0);
    if (one_in <= 1)
        return;
    for (size_t i = 0; i < gathered->count; i++)
        scale_rates(&growths[i], gathered->sites[i].site.mapped ? 1 : one_in);
    scale_rates(&evidence->whole, one_in);
    scale_rates(&evidence->quiet, one_in);
    evidence->level.per_op *= one_in;
    evidence->level.error *= one_in;
    evidence->level.hidden_per_op *= one_in;
    evidence->level.seen_per_op *= one_in;
    evidence->level.swing_bytes *= one_in;
    evidence->most_live = llround((double)evidence->most_live * one_in);
    /* The least that can be seen to grow is not a block, but as many as one of them stands for. */
    evidence->largest_block = fmax(evidence->largest_block, HG_DETECTABLE_BLOCK) * one_in;
    evidence->largest_alive *= one_in;
}

static void scale(int64_t *counts, size_t cells, uint32_t one_in)
{
    for (size_t k = 0; k < cells; k++)
        counts[k] = hg_count_times(counts[k], one_in);
}

void hg_followed_scale_counts(const hg_record *record, hg_gathered *gathered)
{
    uint32_t one_in = hg_record_one_in(record, 0);
    if (one_in <= 1)
        return;
    scale(gathered->whole_blocks, cells_of(gathered), one_in);
    scale(gathered->whole_bytes, cells_of(gathered), one_in);
    for (size_t i = 0; i < gathered->count; i++) {
        if (gathered->sites[i].site.mapped)
            continue;
        scale(gathered->sites[i].blocks, cells_of(gathered), one_in);
        scale(gathered->sites[i].bytes, cells_of(gathered), one_in);
    }
}
