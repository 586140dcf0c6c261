#include "verdict/rise.h"

#include "analysis/level.h"
#include "analysis/lifetimes.h"
#include <math.h>

/* Of what a site holds, its blocks or their bytes: how many each op adds. */
static double trend_of(const hg_judge_input *input, const int64_t *ops, uint32_t epochs, const int64_t *live)
{
    const hg_history history = {.epochs = epochs, .warmup = input->warmup_rounds, .ops = ops};
    int64_t values[HG_MAX_EPOCHS];
    for (uint32_t t = 0; t < epochs; t++)
        values[t] = hg_alive_at(&history, live, t);
    return fmax(hg_level_of(values, ops, epochs, input->warmup_rounds).per_op, 0);
}

void hg_rise_attribute(const hg_judge_input *input, const int64_t *ops, const hg_gathered *gathered,
                       hg_judgement *judgement, hg_growth *growths)
{
    const double part = 0.2; /* of the whole, at least */
    double all = 0;
    for (size_t i = 0; i < gathered->count; i++)
        all += trend_of(input, ops, gathered->epochs, gathered->sites[i].bytes);
    for (size_t i = 0; i < gathered->count; i++) {
        const hg_gathered_site *site = &gathered->sites[i];
        double bytes = trend_of(input, ops, gathered->epochs, site->bytes);
        if (bytes <= 0 || bytes < part * all)
            continue;
        double of_whole = judgement->bytes_per_op / all, per_round = (double)input->ops_per_round;
        double blocks = trend_of(input, ops, gathered->epochs, site->blocks) * of_whole;
        growths[i].unclear = true;
        growths[i].bytes_per_round = bytes * of_whole * per_round;
        growths[i].bytes_per_round_error = bytes / all * judgement->bytes_per_op_error * per_round;
        growths[i].blocks_per_round = blocks * per_round;
        judgement->blocks_per_op += blocks;
    }
}
