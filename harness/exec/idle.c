#include "exec/idle.h"

#include "base/humanise.h"
#include <stdio.h>

static int64_t processor_ns(const hg_watched *watched, uint32_t warmup)
{
    int64_t sum = 0;
    for (uint32_t i = warmup; i < watched->rounds.count; i++)
        sum += watched->rounds.samples[i].cpu_ns;
    return sum;
}

/* The program's own, up to a checkpoint; the control's are not. */
static int64_t allocations_at(const hg_rounds *rounds, uint32_t round)
{
    return rounds->samples[round].allocations - rounds->samples[round].control_blocks;
}

bool hg_idle_has_allocated(const hg_watched *watched, uint32_t warmup)
{
    const hg_rounds *rounds = &watched->rounds;
    return allocations_at(rounds, rounds->count - 1) > allocations_at(rounds, warmup - 1);
}

bool hg_idle_has_worked(const hg_watched *watched, uint32_t warmup)
{
    return watched->rounds.count > warmup &&
           (processor_ns(watched, warmup) >= HG_IDLE_NS || hg_idle_has_allocated(watched, warmup));
}

hg_idle hg_idle_tell(const hg_watched *watched, uint32_t warmup, bool company, bool paced, bool parent)
{
    hg_idle idle = {.verdict = HG_VERDICT_CLEAN};
    int64_t spent = processor_ns(watched, warmup);
    uint32_t rounds = watched->rounds.count - warmup;
    hg_quantity time = hg_human_seconds((double)spent / 1e9);
    /* Whoever starts children and waits for them does something himself. */
    bool worked = paced || spent >= (parent ? HG_IDLE_PARENT_NS : HG_IDLE_NS);
    bool would_show = allocations_at(&watched->rounds, warmup - 1) > 0 || watched->own.calls_malloc;
    if (!worked && parent) {
        idle.verdict = HG_VERDICT_INCONCLUSIVE;
        snprintf(idle.text, sizeof idle.text,
                 "in %u rounds the program itself only waited; its children may have done the work", rounds);
    } else if (!worked && !company) {
        idle.verdict = HG_VERDICT_FAILED;
        snprintf(idle.text, sizeof idle.text,
                 "measured nothing: in %u rounds the program neither allocated memory nor used the "
                 "processor; give it work while heapgate watches it",
                 rounds);
    } else if (!worked) {
        snprintf(idle.text, sizeof idle.text, "in %u rounds it only waited; other processes did the work",
                 rounds);
    } else if (!would_show) {
        idle.verdict = HG_VERDICT_INCONCLUSIVE;
        snprintf(
            idle.text, sizeof idle.text,
            "no allocation in %u rounds, %s of processor time, and none before: the program may have other "
            "ways to take memory than malloc",
            rounds, time.text);
    } else {
        snprintf(idle.text, sizeof idle.text, "no allocation in %u rounds, %s of processor time", rounds,
                 time.text);
    }
    return idle;
}
