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

/* What is alive at a checkpoint of the births up to a round. */
static double sum_of(const hg_gathered *gathered, const int64_t *live, uint32_t checkpoint, uint32_t births)
{
    double sum = 0;
    for (uint32_t birth = 0; birth <= births; birth++)
        sum += (double)live[(size_t)checkpoint * gathered->epochs + birth];
    return sum;
}

/* The variance of what is alive of a site at a checkpoint, born in those rounds: a block is there or not. */
static double variance_of(const hg_gathered *gathered, const hg_gathered_site *site, uint32_t checkpoint,
                          uint32_t births)
{
    double blocks = sum_of(gathered, site->blocks, checkpoint, births);
    double bytes = sum_of(gathered, site->bytes, checkpoint, births);
    return blocks > 0 ? bytes * bytes / blocks : 0;
}

/* Of the difference between what is alive at the end and at the begin of the measured rounds. */
static double deviation_of(const hg_gathered *gathered, uint32_t begin)
{
    uint32_t end = gathered->epochs - 1;
    double variance = 0;
    for (size_t i = 0; i < gathered->count; i++) {
        const hg_gathered_site *site = &gathered->sites[i];
        if (!site->site.mapped)
            variance +=
                fmax(variance_of(gathered, site, begin, begin) + variance_of(gathered, site, end, end) -
                         2 * variance_of(gathered, site, end, begin),
                     0);
    }
    return sqrt(variance);
}

/* In what was counted. */
static void doubt_rise(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                       hg_level *level)
{
    const double sure = 3.09, noticed = 1.64; /* standard errors: 1 in 1,000; 19 in 20 */
    uint32_t begin = input->warmup_rounds < gathered->epochs ? input->warmup_rounds : 0;
    double span = (double)(ops[gathered->epochs - 1] - ops[begin]);
    double deviation = deviation_of(gathered, begin);
    if (span <= 0)
        return;
    level->rises = level->rises && level->per_op * span > sure * deviation;
    level->seen_per_op = fmax(level->seen_per_op, (sure + noticed) * deviation / span);
}

bool hg_followed_would_show(const hg_judge_input *input, const hg_evidence *evidence)
{
    double ops = (double)input->ops_per_round * evidence->rounds;
    return hg_record_one_in(input->record, 0) > 1 &&
           evidence->level.seen_per_op * ops <= (double)evidence->most_live;
}

void hg_followed_scale_rates(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                             hg_growth *growths, hg_evidence *evidence)
{
    double one_in = hg_record_one_in(input->record, 0);
    if (one_in <= 1)
        return;
    evidence->stands_for = one_in;
    doubt_rise(input, ops, gathered, &evidence->level);
    for (size_t i = 0; i < gathered->count; i++)
        scale_rates(&growths[i], gathered->sites[i].site.mapped ? 1 : one_in);
    scale_rates(&evidence->whole, one_in);
    scale_rates(&evidence->quiet, one_in);
    evidence->level.per_op *= one_in;
    evidence->level.error *= one_in;
    evidence->level.hidden_per_op *= one_in;
    evidence->level.seen_per_op *= one_in;
    evidence->level.swing_bytes *= one_in;
    evidence->total.per_op *= one_in;
    evidence->total.error *= one_in;
    evidence->risen_bytes *= one_in;
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
