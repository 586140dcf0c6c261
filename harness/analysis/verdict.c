#include "analysis/verdict.h"

#include <math.h>

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

/*
 * Where what is alive returned to where it was: how much may have been lost for all that, in bytes, in the
 * level's rising_ops. Infinite where it did not return, or where nobody knows how large a block is.
 */
static double lost_in_returns(const hg_evidence *evidence)
{
    double size = fmax(evidence->largest_block, evidence->largest_alive);
    return evidence->level.rising_ops > 0 && size > 0 ? evidence->level.swing_bytes + size : INFINITY;
}

static double smallest_visible(const hg_evidence *evidence)
{
    double hidden = 0;
    for (size_t i = 0; i < evidence->site_count; i++)
        if (evidence->sites[i].growth_class != HG_CLASS_LEAK)
            hidden = fmax(hidden, evidence->sites[i].hidden_bytes_per_round);
    double ops_per_round = (double)evidence->ops_per_round;
    double size = fmax(evidence->largest_block, HG_DETECTABLE_BLOCK);
    double lost = fmax(lost_blocks_to_notice(evidence) * size, evidence->largest_alive) / evidence->rounds;
    double level = fmin(evidence->level.seen_per_op, lost_in_returns(evidence) / evidence->level.rising_ops);
    return fmax(fmax(lost, hidden) / ops_per_round, level);
}

typedef struct growth_sums {
    double bytes, blocks, error; /* per round */
    size_t leaks, unclear;
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
        result.filling |= evidence->sites[i].growth_class == HG_CLASS_FILLING;
    }
    for (size_t i = 0; i < evidence->site_count; i++) {
        const hg_growth *site = &evidence->sites[i];
        bool counts = result.leaks > 0 ? site->recurring : site->unclear;
        if (site->growth_class != HG_CLASS_LEAK && !counts)
            continue;
        result.bytes += site->bytes_per_round;
        result.blocks += site->blocks_per_round;
        /* What one op loses at several sites is lost together. */
        result.error += site->bytes_per_round_error;
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

static void decide(hg_judgement *result, hg_verdict verdict, hg_cause cause)
{
    result->verdict = verdict;
    result->cause = cause;
}

/* Inconclusive, but a longer run would tell. */
static void ask_for_more(hg_judgement *result, hg_cause cause, hg_advice advice)
{
    decide(result, HG_VERDICT_INCONCLUSIVE, cause);
    result->advice = advice;
    result->thin = cause == HG_CAUSE_TOO_COARSE    ? HG_THIN_SWINGS
                   : cause == HG_CAUSE_LEVEL_RISES ? HG_THIN_RISES
                                                   : HG_THIN;
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
    decide(result, HG_VERDICT_LEAK, HG_CAUSE_SPREAD_GROWTH);
    return true;
}

/* Open files and threads count like memory, and have no budget. */
static bool judge_resource_leak(const hg_growth *growth, hg_cause cause, hg_judgement *result)
{
    if (growth->growth_class != HG_CLASS_LEAK)
        return false;
    decide(result, HG_VERDICT_LEAK, cause);
    return true;
}

static bool judge_unclear_resource(const hg_growth *growth, hg_cause cause, hg_judgement *result)
{
    if (!growth->unclear)
        return false;
    ask_for_more(result, cause, HG_ADVICE_MORE_OPS);
    return true;
}

static void judge_unclear_paths(const growth_sums *sums, hg_judgement *result)
{
    if (sums->filling)
        ask_for_more(result, HG_CAUSE_STILL_FILLING, HG_ADVICE_MORE_WARMUP);
    else
        ask_for_more(result, HG_CAUSE_PATHS_UNSTEADY, HG_ADVICE_MORE_OPS);
}

/* Blocks of no bytes are none in bytes, but each takes room: they are within no budget of nothing. */
static bool loses_empty_blocks(const hg_evidence *evidence, const growth_sums *sums)
{
    return evidence->max_bytes_per_op == 0 && sums->bytes == 0 && sums->blocks > 0;
}

/* The whole rises, or swings so far that it might. */
static bool judge_level(const hg_evidence *evidence, hg_judgement *result)
{
    const hg_level *level = &evidence->level;
    double ops = (double)evidence->ops_per_round * evidence->rounds;
    /* Low-water marks are seen at some ops only: a budget that is used up is not exceeded by what that is
     * off. */
    double budget = evidence->max_bytes_per_op;
    double margin = budget > 0 ? 3 * level->error + 0.01 * budget : 0;
    /*
     * A buffer that fits the largest input so far: as many blocks as before, and less than one of them more.
     */
    bool fits = !evidence->blocks_rise && level->per_op * ops < evidence->largest_block;
    if (level->rises && !fits && level->per_op > budget + margin) {
        result->bytes_per_op = level->per_op;
        result->bytes_per_op_error = level->error;
        ask_for_more(result, HG_CAUSE_LEVEL_RISES, HG_ADVICE_MORE_WARMUP);
        return true;
    }
    double much = fmax((double)evidence->most_live, HG_LITTLE_MEMORY * fmax(evidence->stands_for, 1));
    if (level->hidden_per_op <= HG_FINE_ENOUGH || level->hidden_per_op * ops <= much ||
        lost_in_returns(evidence) <= much)
        return false;
    ask_for_more(result, HG_CAUSE_TOO_COARSE, HG_ADVICE_MORE_OPS);
    return true;
}

/*
 * Blocks of one call path may come in the place of another's, as those of a table that was loaded by one
 * function and is kept up to date by another: then the whole rises by less than half of the growth, surely.
 * A longer run sees all of the others replaced.
 */
static bool is_replaced(const hg_evidence *evidence, const hg_judgement *judged)
{
    const hg_level *total = &evidence->total;
    double ops = (double)evidence->ops_per_round * evidence->rounds;
    return total->rising_ops > 0 && !total->rises && 2 * evidence->risen_bytes < judged->bytes_per_op * ops &&
           2 * (total->per_op + 3 * total->error) < judged->bytes_per_op;
}

/* What grows where nothing is counted is never clean. A longer run may see its end. */
static bool judge_unseen(const hg_evidence *evidence, hg_judgement *result)
{
    const hg_unseen *seen = evidence->held.grows   ? &evidence->held
                            : evidence->past.grows ? &evidence->past
                                                   : &evidence->unseen;
    hg_cause cause = evidence->held.grows   ? HG_CAUSE_HELD_GROWS
                     : evidence->past.grows ? HG_CAUSE_PAST_GROWS
                                            : HG_CAUSE_UNSEEN_GROWS;
    if (!seen->grows)
        return false;
    if (seen->much)
        decide(result, HG_VERDICT_INCONCLUSIVE, cause);
    else
        ask_for_more(result, cause, HG_ADVICE_MORE_OPS);
    return true;
}

/* What could not be counted, and growth that may have ended at a limit, are never clean. */
static bool judge_blindness(const hg_evidence *evidence, hg_judgement *result)
{
    if (evidence->at_limit != 0)
        decide(result, HG_VERDICT_INCONCLUSIVE, HG_CAUSE_AT_LIMIT);
    else if (evidence->uncounted)
        decide(result, HG_VERDICT_INCONCLUSIVE, HG_CAUSE_UNCOUNTED);
    else
        return false;
    return true;
}

/* Rates are sums of weighted rounds, and exact but for this. */
static const double rounding = 1e-9;

static void judge_growth(const hg_evidence *evidence, const growth_sums *sums, hg_judgement *result)
{
    bool empty = loses_empty_blocks(evidence, sums);
    bool over_budget = empty || result->bytes_per_op > evidence->max_bytes_per_op * (1 + rounding);
    result->growing_paths = sums->leaks;
    if (sums->leaks > 0 && over_budget && is_replaced(evidence, result)) {
        result->bytes_per_op = fmax(evidence->total.per_op, 0);
        result->bytes_per_op_error = evidence->total.error;
        ask_for_more(result, HG_CAUSE_REPLACED, HG_ADVICE_MORE_OPS);
        return;
    }
    if (sums->leaks > 0 && over_budget) {
        decide(result, HG_VERDICT_LEAK, empty ? HG_CAUSE_EMPTY_BLOCKS : HG_CAUSE_PATHS_GROW);
        return;
    }
    if (judge_resource_leak(&evidence->files, HG_CAUSE_FILES_GROW, result) ||
        judge_resource_leak(&evidence->threads, HG_CAUSE_THREADS_GROW, result) ||
        (sums->leaks == 0 && judge_spread(evidence, result)) ||
        judge_unclear_resource(&evidence->files, HG_CAUSE_FILES_UNSTEADY, result) ||
        judge_unclear_resource(&evidence->threads, HG_CAUSE_THREADS_UNSTEADY, result))
        return;
    if (sums->unclear > 0 && over_budget)
        judge_unclear_paths(sums, result);
    else if (!judge_level(evidence, result) && !judge_unseen(evidence, result) &&
             !judge_blindness(evidence, result))
        decide(result, HG_VERDICT_CLEAN,
               sums->leaks > 0              ? HG_CAUSE_WITHIN_BUDGET
               : evidence->allocations == 0 ? HG_CAUSE_NOTHING_ALLOCATED
                                            : HG_CAUSE_NO_GROWTH);
}

hg_judgement hg_judge(const hg_evidence *evidence)
{
    hg_judgement result = {0};
    double ops_per_round = (double)evidence->ops_per_round;
    growth_sums sums = add_up(evidence);
    result.bytes_per_op = sums.bytes / ops_per_round;
    result.bytes_per_op_error = sums.error / ops_per_round;
    if (result.bytes_per_op_error < rounding * result.bytes_per_op)
        result.bytes_per_op_error = 0;
    result.blocks_per_op = sums.blocks / ops_per_round;
    result.min_detectable_bytes_per_op = smallest_visible(evidence);
    result.control_recovered_bytes_per_op = evidence->control.bytes_per_round / ops_per_round;
    if (!control_recovered(evidence)) {
        decide(&result, HG_VERDICT_FAILED, HG_CAUSE_CONTROL_LOST);
        result.blind = true;
    } else if (evidence->unrecorded > 0) {
        decide(&result, HG_VERDICT_INCONCLUSIVE, HG_CAUSE_UNRECORDED);
    } else {
        judge_growth(evidence, &sums, &result);
    }
    return result;
}
