#include "analysis/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * How many blocks a run must lose for chance to hide the leak no more than once in twenty. Poisson: fewer
 * than three of 6.3 on average; fewer than two, or two or three early ones, of 5 on average; none in some
 * round of ten, of 7 a round.
 */
static double lost_blocks_to_notice(const hg_evidence *evidence)
{
    double rounds = evidence->rounds;
    if (evidence->death_age == 0)
        return 5.0 * rounds / (rounds - 1);
    double looked_at = rounds - evidence->death_age;
    return looked_at < HG_MIN_ROUNDS - 1 ? 7.0 * rounds : 6.3 * rounds / looked_at;
}

static double smallest_visible(const hg_evidence *evidence)
{
    double hidden = 0;
    for (size_t i = 0; i < evidence->site_count; i++)
        if (evidence->sites[i].growth_class != HG_CLASS_LEAK)
            hidden = fmax(hidden, evidence->sites[i].hidden_bytes_per_round);
    double ops_per_round = (double)evidence->ops_per_round;
    double lost = lost_blocks_to_notice(evidence) * HG_DETECTABLE_BLOCK / evidence->rounds;
    return fmax(lost, hidden) / ops_per_round;
}

typedef struct growth_sums {
    double bytes, blocks, variance; /* per round */
    size_t leaks, unclear, stepwise;
    bool filling;
} growth_sums;

/*
 * Of the leaks, and of what grows like them, if not surely: a leak spread over many sites. Where there is no
 * leak, of all that grows unclearly.
 */
static growth_sums add_up(const hg_evidence *evidence)
{
    growth_sums result = {0};
    for (size_t i = 0; i < evidence->site_count; i++) {
        result.leaks += evidence->sites[i].growth_class == HG_CLASS_LEAK;
        result.unclear += evidence->sites[i].unclear;
        result.stepwise += evidence->sites[i].stepwise;
        result.filling |= evidence->sites[i].growth_class == HG_CLASS_FILLING;
    }
    for (size_t i = 0; i < evidence->site_count; i++) {
        const hg_growth *site = &evidence->sites[i];
        bool counts = result.leaks > 0 ? site->recurring : site->unclear;
        if (site->growth_class != HG_CLASS_LEAK && !counts)
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
    bool grows = evidence->control.growth_class == HG_CLASS_LEAK || evidence->control.unclear;
    return injected > 0 && grows &&
           fabs(evidence->control.bytes_per_round - injected) <= HG_CONTROL_TOLERANCE * injected;
}

static void set_verdict(hg_judgement *result, hg_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void set_verdict(hg_judgement *result, hg_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->reason, sizeof result->reason, format, arguments);
    va_end(arguments);
    result->verdict = verdict;
}

/* The heap grows, though no site alone does so surely: of all sites together, or the quiet ones. */
static bool judge_spread(const hg_evidence *evidence, hg_judgement *result)
{
    const hg_growth *spread =
        evidence->whole.growth_class == HG_CLASS_LEAK ? &evidence->whole : &evidence->quiet;
    double ops = (double)evidence->ops_per_round;
    if (spread->growth_class != HG_CLASS_LEAK || spread->bytes_per_round / ops <= evidence->max_bytes_per_op)
        return false;
    result->bytes_per_op = spread->bytes_per_round / ops;
    result->bytes_per_op_error = spread->bytes_per_round_error / ops;
    result->blocks_per_op = spread->blocks_per_round / ops;
    set_verdict(result, HG_VERDICT_LEAK,
                "the heap grows every round, spread over call paths none of which grows steadily");
    return true;
}

/* Open files and threads count like memory, and have no budget. */
static bool judge_resource_leak(const hg_growth *growth, const char *name, hg_judgement *result)
{
    if (growth->growth_class != HG_CLASS_LEAK)
        return false;
    set_verdict(result, HG_VERDICT_LEAK, "%s grow by %g every round", name, growth->blocks_per_round);
    return true;
}

static bool judge_unclear_resource(const hg_growth *growth, const char *name, hg_judgement *result)
{
    if (!growth->unclear)
        return false;
    set_verdict(result, HG_VERDICT_INCONCLUSIVE, "%s grow, but not steadily enough to tell; give it more ops",
                name);
    result->thin = true;
    return true;
}

static const char *why_unclear(const growth_sums *sums)
{
    if (sums->filling)
        return "still filling: growth slows down, but has not ended; give it more warm-up or more ops";
    if (sums->stepwise == sums->unclear)
        return "a container grows with the ops, in steps too large to tell whether it ends; empty it in "
               "heapgate_quiesce, or give it more warm-up or more ops";
    return "some call paths grow, but not steadily enough to tell; give it more ops";
}

/* Blocks of no bytes are none in bytes, but each takes room: they are within no budget of nothing. */
static bool loses_empty_blocks(const hg_evidence *evidence, const growth_sums *sums)
{
    return evidence->max_bytes_per_op == 0 && sums->bytes == 0 && sums->blocks > 0;
}

static void judge_growth(const hg_evidence *evidence, const growth_sums *sums, hg_judgement *result)
{
    bool empty = loses_empty_blocks(evidence, sums);
    bool over_budget = empty || result->bytes_per_op > evidence->max_bytes_per_op;
    if (sums->leaks > 0 && over_budget) {
        set_verdict(result, HG_VERDICT_LEAK, "%zu %s %s every round%s", sums->leaks,
                    sums->leaks == 1 ? "call path" : "call paths", sums->leaks == 1 ? "grows" : "grow",
                    empty ? ", by blocks of 0 bytes, which take room all the same" : "");
        return;
    }
    if (judge_resource_leak(&evidence->files, "open files", result) ||
        judge_resource_leak(&evidence->threads, "threads", result) ||
        (sums->leaks == 0 && judge_spread(evidence, result)) ||
        judge_unclear_resource(&evidence->files, "open files", result) ||
        judge_unclear_resource(&evidence->threads, "threads", result))
        return;
    if (sums->unclear > 0 && over_budget) {
        set_verdict(result, HG_VERDICT_INCONCLUSIVE, "%s", why_unclear(sums));
        result->thin = true;
    } else if (sums->leaks > 0) {
        set_verdict(result, HG_VERDICT_CLEAN, "grows, within its budget of %g bytes per op",
                    evidence->max_bytes_per_op);
    } else {
        set_verdict(result, HG_VERDICT_CLEAN, "no growth; %.3g bytes per op would have shown",
                    result->min_detectable_bytes_per_op);
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
        set_verdict(&result, HG_VERDICT_FAILED,
                    "the harness did not recover its own control: made %g bytes a round, found %g",
                    evidence->control_injected, evidence->control.bytes_per_round);
        result.blind = true;
    } else if (evidence->unrecorded > 0) {
        set_verdict(&result, HG_VERDICT_INCONCLUSIVE,
                    "%llu allocations came from more distinct call stacks than the record holds",
                    (unsigned long long)evidence->unrecorded);
    } else {
        judge_growth(evidence, &sums, &result);
    }
    return result;
}
