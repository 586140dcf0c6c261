#include "probe/sampling.h"

#include "probe/counting.h"
#include "probe/machine.h"
#include "probe/real.h"

__thread int64_t hg_sampling_left;
_Atomic bool hg_sampling_has_rested;
void *(*hg_sampling_malloc)(size_t size);

/* A word that says that the probe sleeps is not ours. */
static void set_resting(bool rests)
{
    uint32_t before = rests ? 0 : HG_DORMANT_RESTING;
    atomic_compare_exchange_strong(&hg_dormant.page.asleep, &before, rests ? HG_DORMANT_RESTING : 0);
}

/* The program before this one, in the same process, may have been able to, and have been asked to. */
static void refuse(const hg_record *record)
{
    atomic_store(&record->header->can_follow_some, 0);
    for (uint32_t epoch = hg_counting_epoch(); epoch < record->epochs; epoch++)
        atomic_store(&record->header->one_in[epoch], 0);
}

void hg_sampling_start(void)
{
    set_resting(false); /* a copy of a process that did */
    if (!hg_real_has_headers || hg_dormant_wanted || !hg_sampling_malloc) {
        refuse(&hg_counting_record);
        return;
    }
    hg_real_allocator.asleep_malloc = hg_sampling_malloc;
    hg_real_allocator.asleep_free = hg_probe_resting_free;
    atomic_store(&hg_counting_record.header->can_follow_some, 1);
}

void hg_sampling_settle(uint32_t epoch)
{
    bool rests = hg_record_one_in(&hg_counting_record, epoch) > 1;
    if (rests == hg_sampling_rests() || atomic_load(&hg_counting_record.header->can_follow_some) == 0 ||
        hg_dormant_wanted)
        return;
    if (rests)
        atomic_store(&hg_sampling_has_rested, true);
    set_resting(rests);
}

static uint64_t draw(void)
{
    uint64_t bits = hg_ticks() ^ (uintptr_t)&hg_sampling_left;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return (bits ^ bits >> 31) | 1;
}

/* -log2 of a random fraction: its leading zeros, and a parabola that is right in the mean for the rest. */
static double draw_exponential(void)
{
    uint64_t bits = draw();
    int zeros = __builtin_clzll(bits);
    double rest = (double)(bits << zeros << 1) * 0x1p-64;
    return zeros + 1 - (rest + 0.34383 * rest * (1 - rest));
}

/* Of geometric distribution: at least 1, one_in in the mean. */
static int64_t draw_gap(uint32_t one_in)
{
    const double ln2 = 0.69314718055994531;
    return 1 + (int64_t)(draw_exponential() * ln2 * (one_in - 0.5));
}

bool hg_sampling_is_due(void)
{
    bool due = hg_sampling_left == 0;
    uint32_t epoch = hg_counting_attached() ? hg_counting_epoch() : 0;
    if (!hg_counting_attached() || hg_record_one_in(&hg_counting_record, epoch) <= 1) {
        hg_sampling_left = 0;
        if (hg_counting_attached())
            hg_sampling_settle(epoch);
        return true;
    }
    uint32_t one_in = hg_record_one_in(&hg_counting_record, epoch);
    hg_sampling_left = draw_gap(one_in);
    /* A thread's first gap has no beginning: it is as long as any. */
    if (!due && --hg_sampling_left == 0) {
        due = true;
        hg_sampling_left = draw_gap(one_in);
    }
    return due;
}
