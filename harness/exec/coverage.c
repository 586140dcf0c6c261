#include "exec/coverage.h"

#include "analysis/level.h"
#include "base/humanise.h"
#include "exec/idle.h"
#include <math.h>
#include <stdio.h>

/* Growth of what is not counted. */
typedef struct unexplained {
    bool grows;
    double per_op;
} unexplained;

static bool is_little(const hg_rounds *rounds, const hg_coverage *coverage)
{
    double counted = (double)rounds->alive[rounds->count - 1].block_bytes;
    double other = coverage->resident_bytes - HG_LOADER_BYTES;
    return counted < fmax(HG_LITTLE_COVERED * other, HG_LITTLE_BYTES);
}

/* Whether the shared memory that grew is what is resident of it, and not only what is mapped. */
static bool fills_shared(const hg_rounds *rounds, uint32_t warmup)
{
    const hg_rounds_shared *begin = &rounds->alive[warmup].shared;
    const hg_rounds_shared *end = &rounds->alive[rounds->count - 1].shared;
    return end->resident - begin->resident > end->mapped - begin->mapped;
}

/* Of few rounds no test tells a trend, but growth in each of them is one. */
static bool climbs(const int64_t *values, uint32_t count, uint32_t warmup)
{
    for (uint32_t i = warmup + 1; i < count; i++)
        if (values[i] <= values[i - 1])
            return false;
    return true;
}

static unexplained find_unexplained(const hg_watched *watched, uint32_t warmup, bool alone,
                                    const hg_cell *cell)
{
    const hg_rounds *rounds = &watched->rounds;
    int64_t values[HG_WATCHED_ROUNDS];
    int64_t ops[HG_WATCHED_ROUNDS];
    uint32_t count = rounds->count;
    bool fills = alone && fills_shared(rounds, warmup);
    double kept = 0; /* of free memory, by the allocator, for a while */
    for (uint32_t i = 0; i < count; i++) {
        const hg_rounds_alive *alive = &rounds->alive[i];
        /* Pages of large blocks come when they are first used; a pool may grow in a mapping that was counted
         * long before. */
        int64_t beside = rounds->samples[i].resident_bytes - alive->block_bytes;
        values[i] = (beside > 0 ? beside : 0) + (fills ? alive->shared.resident : alive->shared.mapped) -
                    (watched->own.what ? 0 : alive->mapped_bytes);
        ops[i] = cell->samples[i].ops;
        if (i >= warmup)
            kept = fmax(kept, HG_KEPT_BLOCKS * alive->largest_block);
        if (rounds->samples[i].resident_bytes < 0)
            return (unexplained){0};
    }
    uint32_t middle = warmup + (count - warmup) / 2;
    hg_level whole = hg_level_of(values, ops, count, warmup);
    hg_level first = hg_level_of(values, ops, middle, warmup);
    hg_level last = hg_level_of(values, ops, count, middle);
    /* Where the machine is busy, a program grows in some rounds, and not in most. */
    double grown = fmax(whole.per_op * (double)(ops[count - 1] - ops[warmup]),
                        (double)(values[count - 1] - values[warmup]));
    double resident = (double)rounds->samples[count - 1].resident_bytes;
    bool is_large = grown > HG_UNEXPLAINED_BYTES + kept && grown > HG_UNEXPLAINED_SHARE * resident;
    /* An allocator keeps some free blocks of each size for each thread. */
    double threads = fmax(1, (double)rounds->samples[count - 1].threads);
    bool is_pool = watched->own.what ? grown > HG_UNEXPLAINED_ARENA_BYTES
                                     : is_little(rounds, &cell->coverage) &&
                                           grown > HG_UNEXPLAINED_POOL_BYTES * threads + kept;
    /* What bends a little is alike from round to round, and passes the test of the trend only if it is
     * long. */
    double early = (double)(values[middle] - values[warmup]);
    double late = (double)(values[count - 1] - values[middle]);
    /* Blocks that come and go between the moment when they are counted and that of a look at resident memory
     * make it swing, and it returns. */
    bool is_lifted = isinf(whole.swing_bytes);
    bool is_steady = is_lifted && (first.per_op > whole.per_op / 3 || early > (early + late) / 4);
    bool goes_on = last.per_op > whole.per_op / 3 || late > (early + late) / 4;
    /* Pools that fragment grow less and less. */
    bool is_even = first.per_op > whole.per_op / 2 && last.per_op > whole.per_op / 2 &&
                   grown > HG_UNEXPLAINED_EVEN_BYTES * threads + kept &&
                   grown > HG_UNEXPLAINED_SHARE / 2 * resident;
    bool is_trend = whole.rises || climbs(values, count, warmup);
    double per_op = grown / (double)(ops[count - 1] - ops[warmup]);
    return (unexplained){
        .grows = goes_on && ((is_steady && is_large) || (is_trend && (is_large || is_pool || is_even))) &&
                 per_op > cell->max_bytes_per_op,
        .per_op = per_op,
    };
}

/* Files in memory, and not in the address space. Nobody but the program makes them larger or smaller. */
static unexplained find_held(const hg_rounds *rounds, uint32_t warmup, const hg_cell *cell)
{
    int64_t values[HG_WATCHED_ROUNDS] = {0};
    int64_t ops[HG_WATCHED_ROUNDS] = {0};
    uint32_t count = rounds->count;
    if (count < warmup + 2)
        return (unexplained){0};
    for (uint32_t i = 0; i < count; i++) {
        values[i] = rounds->alive[i].shared.held;
        ops[i] = cell->samples[i].ops;
    }
    uint32_t middle = warmup + (count - warmup) / 2;
    double grown = (double)(values[count - 1] - values[warmup]);
    double late = (double)(values[count - 1] - values[middle]);
    double per_op = grown / (double)(ops[count - 1] - ops[warmup]);
    bool is_trend = hg_level_of(values, ops, count, warmup).rises || climbs(values, count, warmup);
    return (unexplained){
        .grows = is_trend && grown > HG_HELD_BYTES && late > grown / 4 && per_op > cell->max_bytes_per_op,
        .per_op = per_op,
    };
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

static bool tell_growth(const hg_watched *watched, const unexplained *found, const unexplained *held,
                        const char *opener, hg_cell *cell)
{
    /* What is counted brings something with it that is not: around small blocks, as much again. */
    const double beside = 2;
    char growth[sizeof watched->held_file + 1024];
    bool done = true;
    if (found->grows && (cell->verdict == HG_VERDICT_CLEAN || found->per_op > beside * cell->bytes_per_op)) {
        snprintf(growth, sizeof growth, "memory grows by %s per %s outside what heapgate counts",
                 hg_human_bytes(found->per_op).text, hg_cell_unit(cell));
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
    unexplained found = find_unexplained(watched, warmup, alone, cell);
    unexplained held = find_held(rounds, warmup, cell);
    bool was_clean = cell->verdict == HG_VERDICT_CLEAN;
    bool is_blind = watched->own.what && is_little(rounds, &cell->coverage);
    bool done = true;
    /* What a pool takes up of the pages that it has. */
    double hidden = HG_UNEXPLAINED_POOL_BYTES / (double)cell->ops;
    if (watched->own.what && cell->min_detectable_bytes_per_op < hidden)
        cell->min_detectable_bytes_per_op = hidden;
    if (was_clean && is_blind && !found.grows) {
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
        done = hg_cell_set(&cell->reason, "no growth in the little that heapgate counts");
    } else if (was_clean && !found.grows && !held.grows && !hg_idle_has_allocated(watched, warmup)) {
        done = hg_cell_say(&cell->reason, "%s; resident memory is steady", cell->reason);
    }
    done = done && tell_growth(watched, &found, &held, opener, cell);
    if (watched->own.what && (is_blind || cell->verdict == HG_VERDICT_INCONCLUSIVE))
        done = done && hg_cell_say(&cell->reason, "%s; heapgate does not count inside %s: %s", cell->reason,
                                   watched->own.what, watched->own.advice);
    return done;
}
