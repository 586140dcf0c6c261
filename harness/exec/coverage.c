#include "exec/coverage.h"

#include "analysis/unseen.h"
#include "base/humanise.h"
#include "exec/idle.h"
#include "verdict/sentences.h"
#include <math.h>
#include <stdio.h>

static bool is_little(const hg_rounds *rounds, const hg_coverage *coverage)
{
    return hg_unseen_is_most(coverage->resident_bytes, (double)rounds->alive[rounds->count - 1].block_bytes);
}

/* Whether the shared memory that grew is what is resident of it, and not only what is mapped. */
static bool fills_shared(const hg_rounds *rounds, uint32_t warmup)
{
    const hg_rounds_shared *begin = &rounds->alive[warmup].shared;
    const hg_rounds_shared *end = &rounds->alive[rounds->count - 1].shared;
    return end->resident - begin->resident > end->mapped - begin->mapped;
}

/* Whether less was resident than counted all along. */
static bool is_inside(const hg_rounds *rounds, uint32_t warmup)
{
    bool inside = true;
    for (uint32_t i = warmup; i < rounds->count; i++)
        inside = inside && rounds->samples[i].resident_bytes < rounds->alive[i].block_bytes;
    return inside;
}

static hg_unseen find_unexplained(const hg_watched *watched, uint32_t warmup, bool alone, const hg_cell *cell)
{
    const hg_rounds *rounds = &watched->rounds;
    int64_t values[HG_WATCHED_ROUNDS];
    int64_t ops[HG_WATCHED_ROUNDS];
    uint32_t count = rounds->count;
    bool fills = alone && fills_shared(rounds, warmup);
    bool inside = is_inside(rounds, warmup);
    double largest = 0;
    for (uint32_t i = 0; i < count; i++) {
        const hg_rounds_alive *alive = &rounds->alive[i];
        /* A pool may grow in a mapping that was counted long before. */
        int64_t beside = rounds->samples[i].resident_bytes - (inside ? 0 : alive->block_bytes);
        values[i] = (beside > 0 ? beside : 0) + (fills ? alive->shared.resident : alive->shared.mapped) -
                    (watched->own.what ? 0 : alive->mapped_bytes);
        ops[i] = cell->samples[i].ops;
        if (i >= warmup)
            largest = fmax(largest, alive->largest_block);
        if (rounds->samples[i].resident_bytes < 0)
            return (hg_unseen){0};
    }
    return hg_unseen_of(&(hg_unseen_series){
        .values = values,
        .ops = ops,
        .count = count,
        .warmup = warmup,
        .resident = (double)rounds->samples[count - 1].resident_bytes,
        .counted = watched->own.what ? -1 : fmax((double)rounds->alive[count - 1].block_bytes, 0),
        .largest_block = largest,
        .threads = (double)rounds->samples[count - 1].threads,
        .max_per_op = cell->max_bytes_per_op,
        .inside = inside,
    });
}

static hg_unseen find_held(const hg_rounds *rounds, uint32_t warmup, bool segments, const hg_cell *cell)
{
    int64_t values[HG_WATCHED_ROUNDS] = {0};
    int64_t ops[HG_WATCHED_ROUNDS] = {0};
    for (uint32_t i = 0; i < rounds->count; i++) {
        values[i] = segments ? rounds->alive[i].shared.segments : rounds->alive[i].shared.held;
        ops[i] = cell->samples[i].ops;
    }
    return hg_unseen_of_held(&(hg_unseen_series){.values = values,
                                                 .ops = ops,
                                                 .count = rounds->count,
                                                 .warmup = warmup,
                                                 .max_per_op = cell->max_bytes_per_op,
                                                 .noise = HG_HELD_BYTES});
}

/* Adds what grows outside, which has no verdict but that the cell is not clean. */
static bool tell(const char *growth, hg_cell *cell)
{
    if (cell->verdict == HG_VERDICT_CLEAN) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        return hg_cell_say(&cell->reason, "%s; within: %s", growth, cell->reason);
    }
    return cell->verdict != HG_VERDICT_INCONCLUSIVE ||
           hg_cell_say(&cell->reason, "%s; %s", cell->reason, growth);
}

static bool tell_growth(const hg_watched *watched, const hg_unseen *found, const hg_unseen *held,
                        const hg_unseen *segments, const char *opener, hg_cell *cell)
{
    /* What is counted brings something with it that is not: around small blocks, as much again. */
    const double beside = 2;
    char growth[sizeof watched->held_file + 1024];
    bool done = true;
    if (found->grows && (cell->verdict == HG_VERDICT_CLEAN || found->per_op > beside * cell->bytes_per_op)) {
        snprintf(growth, sizeof growth, "memory grows by %s per %s %s", hg_human_bytes(found->per_op).text,
                 hg_cell_unit(cell), hg_sentence_unseen(found));
        done = tell(growth, cell);
    }
    if (held->grows) {
        snprintf(growth, sizeof growth,
                 "files in memory that the program has open and not mapped grow by %s per %s; the largest is "
                 "%s%s%s",
                 hg_human_bytes(held->per_op).text, hg_cell_unit(cell), watched->held_file,
                 opener[0] ? ", opened by " : "", opener);
        done = done && tell(growth, cell);
    }
    if (segments->grows) {
        snprintf(growth, sizeof growth,
                 "shared memory of System V grows by %s per %s; ipcs -m lists its segments",
                 hg_human_bytes(segments->per_op).text, hg_cell_unit(cell));
        done = done && tell(growth, cell);
    }
    return done;
}

/* What was never touched is alive and not resident; what is divided inside a mapping is counted as that. */
static hg_coverage cover(const hg_rounds *rounds)
{
    const hg_rounds_alive *alive = &rounds->alive[rounds->count - 1];
    double resident = fmax((double)rounds->samples[rounds->count - 1].resident_bytes, 0);
    double counted = (double)hg_count_sum(alive->block_bytes, alive->mapped_bytes);
    return (hg_coverage){.counted_bytes = fmin(fmax(counted, 0), resident), .resident_bytes = resident};
}

bool hg_coverage_judge(const hg_watched *watched, uint32_t warmup, bool alone, const char *opener,
                       hg_cell *cell)
{
    const hg_rounds *rounds = &watched->rounds;
    if (rounds->count == 0)
        return true;
    cell->coverage = cover(rounds);
    if (cell->sample_count != rounds->count || rounds->count <= warmup)
        return true;
    /* Of blocks that were not followed there is an estimate: what is resident beside them is not known. */
    hg_unseen found = {0};
    if (watched->budget.rested_ns == 0)
        found = find_unexplained(watched, warmup, alone, cell);
    hg_unseen held = find_held(rounds, warmup, false, cell);
    hg_unseen segments = find_held(rounds, warmup, true, cell);
    bool was_clean = cell->verdict == HG_VERDICT_CLEAN;
    bool is_blind = watched->own.what && is_little(rounds, &cell->coverage);
    bool done = true;
    /* What a pool takes up of the pages that it has. */
    double hidden = HG_UNSEEN_POOL_BYTES / (double)cell->ops;
    if (watched->own.what && cell->min_detectable_bytes_per_op < hidden) {
        cell->min_detectable_bytes_per_op = hidden;
        done = !was_clean || hg_cell_say(&cell->reason, "%s, and inside %s from %s per %s on", cell->reason,
                                         watched->own.what, hg_human_bytes(hidden).text, hg_cell_unit(cell));
    }
    if (was_clean && is_blind && !found.grows) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        bool little = cell->coverage.counted_bytes < HG_LITTLE_COVERED * cell->coverage.resident_bytes;
        done = hg_cell_set(&cell->reason, little ? "no growth in the little that heapgate counts"
                                                 : "no growth in what heapgate counts");
    } else if (was_clean && !found.grows && !held.grows && !segments.grows &&
               !hg_idle_has_allocated(watched, warmup)) {
        done = hg_cell_say(&cell->reason, "%s; resident memory is steady", cell->reason);
    }
    done = done && tell_growth(watched, &found, &held, &segments, opener, cell);
    if (watched->own.what && (is_blind || cell->verdict == HG_VERDICT_INCONCLUSIVE))
        done = done && hg_cell_say(&cell->reason, "%s; heapgate does not count inside %s: %s", cell->reason,
                                   watched->own.what, watched->own.advice);
    return done;
}
