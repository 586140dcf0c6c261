#include "verdict.h"

#include <math.h>
#include <stdio.h>

static double smallest_visible(const hg_evidence *evidence)
{
    double noise = 0;
    double sites = evidence->turnover_sites > 0 ? evidence->turnover_sites : 1;
    for (size_t i = 0; i < evidence->site_count; i++)
        if (evidence->sites[i].growth_class != HG_CLASS_LEAK)
            noise = fmax(noise, evidence->sites[i].bytes_noise);
    double ops_per_round = (double)evidence->ops_per_round;
    double lost_blocks = 3 * HG_DETECTABLE_BLOCK / (ops_per_round * evidence->rounds);
    return fmax(lost_blocks,
                hg_growth_quantile(evidence->rounds - 2, HG_LEVEL_SURE / sites) * noise / ops_per_round);
}

typedef struct growth_sums {
    double bytes, blocks, variance; /* per round */
    size_t leaks, unclear;
    bool filling;
} growth_sums;

static growth_sums add_up(const hg_evidence *evidence)
{
    growth_sums result = {0};
    for (size_t i = 0; i < evidence->site_count; i++) {
        const hg_growth *site = &evidence->sites[i];
        bool leaks = site->growth_class == HG_CLASS_LEAK;
        result.leaks += leaks;
        result.unclear += site->unclear;
        result.filling |= site->growth_class == HG_CLASS_FILLING;
        if (!leaks && !site->unclear)
            continue;
        result.bytes += site->bytes_per_round;
        result.blocks += site->blocks_per_round;
        result.variance += site->bytes_per_round_error * site->bytes_per_round_error;
    }
    return result;
}

static bool control_recovered(const hg_evidence *evidence)
{
    double injected = evidence->control_injected;
    return injected > 0 && evidence->control.growth_class == HG_CLASS_LEAK &&
           fabs(evidence->control.bytes_per_round - injected) <= HG_CONTROL_TOLERANCE * injected;
}

static void judge_growth(const hg_evidence *evidence, const growth_sums *sums, hg_judgement *result)
{
    double per_op = result->bytes_per_op;
    if (sums->leaks > 0 && per_op > evidence->max_bytes_per_op) {
        result->verdict = HG_VERDICT_LEAK;
        snprintf(result->reason, sizeof result->reason, "%zu %s %s every round", sums->leaks,
                 sums->leaks == 1 ? "call path" : "call paths", sums->leaks == 1 ? "grows" : "grow");
    } else if (evidence->files_per_round > 0 || evidence->threads_per_round > 0) {
        result->verdict = HG_VERDICT_LEAK;
        snprintf(result->reason, sizeof result->reason, "%s grow by %g every round",
                 evidence->files_per_round > 0 ? "open files" : "threads",
                 evidence->files_per_round > 0 ? evidence->files_per_round : evidence->threads_per_round);
    } else if (sums->leaks == 0 && evidence->whole.growth_class == HG_CLASS_LEAK &&
               evidence->whole.bytes_per_round / (double)evidence->ops_per_round >
                   evidence->max_bytes_per_op) {
        result->verdict = HG_VERDICT_LEAK;
        result->bytes_per_op = evidence->whole.bytes_per_round / (double)evidence->ops_per_round;
        result->bytes_per_op_error = evidence->whole.bytes_per_round_error / (double)evidence->ops_per_round;
        result->blocks_per_op = evidence->whole.blocks_per_round / (double)evidence->ops_per_round;
        snprintf(result->reason, sizeof result->reason,
                 "the heap grows every round, spread over call paths none of which grows steadily");
    } else if (sums->unclear > 0 && per_op > evidence->max_bytes_per_op) {
        result->verdict = HG_VERDICT_INCONCLUSIVE;
        result->thin = true;
        snprintf(result->reason, sizeof result->reason,
                 sums->filling
                     ? "still filling: growth slows down, but has not ended; give it more warm-up or more ops"
                     : "some call paths grow, but not steadily enough to tell; give it more ops");
    } else {
        result->verdict = HG_VERDICT_CLEAN;
        if (sums->leaks > 0)
            snprintf(result->reason, sizeof result->reason, "grows, within its budget of %g bytes per op",
                     evidence->max_bytes_per_op);
        else
            snprintf(result->reason, sizeof result->reason, "no growth");
    }
}

hg_judgement hg_judge(const hg_evidence *evidence)
{
    hg_judgement result = {0};
    double ops_per_round = (double)evidence->ops_per_round;
    growth_sums sums = add_up(evidence);
    result.bytes_per_op = sums.bytes / ops_per_round;
    result.bytes_per_op_error = sqrt(sums.variance) / ops_per_round;
    result.blocks_per_op = sums.blocks / ops_per_round;
    result.min_detectable_bytes_per_op = smallest_visible(evidence);
    result.control_recovered_bytes_per_op = evidence->control.bytes_per_round / ops_per_round;
    if (!control_recovered(evidence)) {
        result.verdict = HG_VERDICT_FAILED;
        result.blind = true;
        snprintf(result.reason, sizeof result.reason,
                 "the harness did not recover its own control: made %g bytes a round, found %g",
                 evidence->control_injected, evidence->control.bytes_per_round);
    } else if (evidence->unrecorded > 0) {
        result.verdict = HG_VERDICT_INCONCLUSIVE;
        snprintf(result.reason, sizeof result.reason,
                 "%llu allocations came from more distinct call stacks than the record holds",
                 (unsigned long long)evidence->unrecorded);
    } else {
        judge_growth(evidence, &sums, &result);
    }
    return result;
}
