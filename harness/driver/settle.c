#include "driver/settle.h"

#include "analysis/call_path.h"
#include "base/humanise.h"
#include <inttypes.h>
#include <math.h>

/* Measured, of a look from 1. */
static uint64_t ops_of_look(const hg_looks *looks, uint32_t look)
{
    return looks->round_ops[look - 1] * looks->rounds;
}

/* The verdict excludes no leak that is slower than what is still seen. */
static void tell_faded(const hg_looks *looks, hg_cell *cell)
{
    double before = looks->rates[looks->number - 2].rate;
    cell->verdict = HG_VERDICT_CLEAN;
    cell->min_detectable_bytes_per_op = fmax(cell->min_detectable_bytes_per_op, 3 * cell->bytes_per_op);
    hg_cell_say(&cell->reason,
                before > 0
                    ? "growth fades: %.3g bytes per op in a run of %" PRIu64 " ops, and %.3g in one of %lld"
                    : "growth is slight: %g bytes per op in a run of %" PRIu64 " ops, %.3g in one of %lld",
                before, ops_of_look(looks, looks->number - 1), cell->bytes_per_op, (long long)cell->ops);
}

/* A leak that this verdict excludes would have raised what is alive at most by half. */
static void tell_standing(const hg_looks *looks, hg_cell *cell)
{
    const hg_look_rate *last = &looks->rates[looks->number - 1];
    cell->verdict = HG_VERDICT_CLEAN;
    cell->min_detectable_bytes_per_op = last->most / 2 / (last->ops - last[-2].ops);
    hg_cell_say(&cell->reason,
                "what is alive swings, but no higher: at most %s in a run of %.0f ops, and %s in one of %.0f",
                hg_human_bytes(last[-2].most).text, last[-2].ops, hg_human_bytes(last->most).text, last->ops);
}

/* No single look was sure of it; all looks together are. */
static void tell_persistent(const hg_looks *looks, hg_cell *cell)
{
    cell->verdict = HG_VERDICT_LEAK;
    for (size_t i = 0; i < cell->site_count; i++)
        if (cell->sites[i].bytes_per_op > 0 && cell->sites[i].growth_class != HG_CLASS_FILLING)
            cell->sites[i].growth_class = HG_CLASS_LEAK;
    hg_cell_say(&cell->reason,
                "more comes than goes: the heap grows by %.3g bytes per op in runs of %" PRIu64 ", %" PRIu64
                " and %" PRIu64 " ops alike",
                cell->bytes_per_op, ops_of_look(looks, looks->number - 2),
                ops_of_look(looks, looks->number - 1), ops_of_look(looks, looks->number));
}

/* What is alive at the end of a site's look. */
static double live_at(const hg_cell *cell, const hg_site *path)
{
    double sum = 0;
    for (size_t i = 0; i < cell->site_count; i++)
        if (hg_same_call_path(&cell->sites[i], path))
            sum += (double)cell->sites[i].live_bytes;
    return sum;
}

/* Each look ends with more than the one before, and more for its length; the call paths that hold it grow. */
static void tell_rising(const hg_looks *looks, hg_cell *cell)
{
    const double large = 0.25; /* share of the whole */
    const hg_look_rate *last = &looks->rates[looks->number - 1];
    double ops = last->ops - last[-1].ops;
    double rise = last->level - last[-1].level;
    cell->verdict = HG_VERDICT_LEAK;
    cell->bytes_per_op = rise / ops;
    cell->bytes_per_op_error = cell->bytes_per_op / sqrt(12);
    for (size_t i = 0; i < cell->site_count; i++) {
        hg_site *site = &cell->sites[i];
        double more = (double)site->live_bytes - live_at(looks->before, site);
        if (more < large * rise)
            continue;
        site->growth_class = HG_CLASS_LEAK;
        site->bytes_per_op = more / ops;
        site->bytes_per_op_error = site->bytes_per_op / sqrt(12);
    }
    hg_cell_say(&cell->reason,
                "what is alive keeps pace with the ops, in large steps: %s after %.0f ops, %s after %.0f",
                hg_human_bytes(last[-1].level).text, last[-1].ops, hg_human_bytes(last->level).text,
                last->ops);
}

/* Whether looks of different length grow alike at each checkpoint, and so not by their ops. */
static bool grows_by_checkpoint(const hg_looks *looks)
{
    const double alike = 0.1; /* rounds are of random length */
    if (looks->number < 2)
        return false;
    const hg_look_rate *rate = &looks->rates[looks->number - 1];
    const uint64_t *ops = &looks->round_ops[looks->number - 1];
    double round = rate->rate * (double)*ops;
    return ops[0] != ops[-1] && round > 0 && fabs(round - rate[-1].rate * (double)ops[-1]) <= alike * round;
}

static void tell_doubt(const hg_looks *looks, hg_cell *cell)
{
    uint32_t last = looks->number - 1;
    double round = looks->rates[last].rate * (double)looks->round_ops[last];
    cell->verdict = HG_VERDICT_INCONCLUSIVE;
    if (grows_by_checkpoint(looks))
        hg_cell_say(
            &cell->reason,
            "%s; it is %s at each checkpoint, however many ops are between them: what the workload does "
            "there, in heapgate_quiesce, keeps it",
            cell->reason, hg_human_bytes(round).text);
    else
        hg_cell_say(
            &cell->reason,
            "%s; runs of different length do not agree: some grow and some do not; give it more warm-up "
            "(--warmup) or more ops",
            cell->reason);
}

void hg_settle_timed(const hg_cell *leak, bool waited, hg_cell *timed)
{
    hg_cell_say(
        &timed->reason,
        "%s; this run %s between its rounds; in one that does not, the heap grows by %.3g bytes per op%s",
        timed->reason, waited ? "waits for other threads" : "sets the workload's clock forward",
        leak->bytes_per_op, timed->verdict == HG_VERDICT_CLEAN ? ", up to a bound by the clock" : "");
}

void hg_settle_refuted(hg_cell *cell)
{
    cell->verdict = HG_VERDICT_CLEAN;
    hg_cell_say(
        &cell->reason,
        "no growth; %.3g bytes per op would have shown; what the allocator holds grew, but no second run "
        "confirms it",
        cell->min_detectable_bytes_per_op);
}

bool hg_settle(const hg_looks *looks, hg_next_look wanted, hg_cell *cell)
{
    switch (wanted) {
    case HG_LOOK_FADES:
        tell_faded(looks, cell);
        return true;
    case HG_LOOK_STANDS:
        tell_standing(looks, cell);
        return true;
    case HG_LOOK_PERSISTS:
        tell_persistent(looks, cell);
        return true;
    case HG_LOOK_RISES:
        tell_rising(looks, cell);
        return true;
    case HG_LOOK_REFUTES:
        hg_settle_refuted(cell);
        return true;
    case HG_LOOK_DOUBT:
        tell_doubt(looks, cell);
        return true;
    default:
        return false;
    }
}
