#include "exec/coverage.h"

#include "analysis/level.h"

/* Growth of what is not counted. */
typedef struct unexplained {
    bool grows;
    double per_op;
} unexplained;

static unexplained find_unexplained(const hg_watched *watched, uint32_t warmup, const hg_cell *cell)
{
    const hg_rounds *rounds = &watched->rounds;
    int64_t values[HG_WATCHED_ROUNDS];
    int64_t ops[HG_WATCHED_ROUNDS];
    uint32_t count = rounds->count;
    for (uint32_t i = 0; i < count; i++) {
        /* A pool may grow inside a mapping that was counted long before. */
        values[i] = rounds->samples[i].resident_bytes - rounds->alive[i].block_bytes -
                    (watched->own.what ? 0 : rounds->alive[i].mapped_bytes);
        ops[i] = cell->samples[i].ops;
        if (rounds->samples[i].resident_bytes < 0)
            return (unexplained){0};
    }
    uint32_t middle = warmup + (count - warmup) / 2;
    hg_level whole = hg_level_of(values, ops, count, warmup);
    hg_level first = hg_level_of(values, ops, middle, warmup);
    hg_level last = hg_level_of(values, ops, count, middle);
    double grown = whole.per_op * (double)(ops[count - 1] - ops[warmup]);
    double resident = (double)rounds->samples[count - 1].resident_bytes;
    bool is_large = grown > HG_UNEXPLAINED_BYTES && grown > HG_UNEXPLAINED_SHARE * resident;
    bool is_pool = watched->own.what && grown > HG_UNEXPLAINED_POOL_BYTES;
    /* What bends a little is alike from round to round, and passes the test of the trend only if it is
     * long. */
    bool is_steady = first.per_op > whole.per_op / 3 && is_large;
    bool goes_on = last.per_op > whole.per_op / 3;
    return (unexplained){
        .grows = goes_on && (is_steady || (whole.rises && (is_large || is_pool))) &&
                 whole.per_op > cell->max_bytes_per_op,
        .per_op = whole.per_op,
    };
}

static bool is_little(const hg_coverage *coverage)
{
    return coverage->counted_bytes < 1 ||
           coverage->counted_bytes < HG_LITTLE_COVERED * (coverage->resident_bytes - HG_HARNESS_BYTES);
}

bool hg_coverage_judge(const hg_watched *watched, uint32_t warmup, hg_cell *cell)
{
    const hg_rounds *rounds = &watched->rounds;
    if (rounds->count == 0)
        return true;
    int64_t counted = rounds->alive[rounds->count - 1].block_bytes;
    int64_t resident = rounds->samples[rounds->count - 1].resident_bytes;
    cell->coverage = (hg_coverage){.counted_bytes = (double)(counted > 0 ? counted : 0),
                                   .resident_bytes = (double)(resident > 0 ? resident : 0)};
    if (cell->sample_count != rounds->count || rounds->count <= warmup)
        return true;
    unexplained found = find_unexplained(watched, warmup, cell);
    bool is_clean = cell->verdict == HG_VERDICT_CLEAN;
    bool is_blind = watched->own.what && is_little(&cell->coverage);
    bool done = true;
    if (is_clean && (found.grows || is_blind))
        cell->verdict = HG_VERDICT_INCONCLUSIVE;
    if (is_clean && found.grows)
        done =
            hg_cell_say(&cell->reason, "resident memory grows %.3g bytes per %s outside what heapgate counts",
                        found.per_op, hg_cell_unit(cell));
    else if (is_clean && is_blind)
        done = hg_cell_set(&cell->reason, "no growth in the little that heapgate counts");
    if (watched->own.what && (is_blind || cell->verdict == HG_VERDICT_INCONCLUSIVE))
        done = done && hg_cell_say(&cell->reason, "%s; heapgate does not count inside %s: %s", cell->reason,
                                   watched->own.what, watched->own.advice);
    return done;
}
