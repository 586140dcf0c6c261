#include "analysis/container.h"

#include "analysis/lifetimes.h"
#include "analysis/statistics.h"
#include <math.h>

/* A run is looked at over so many halvings of its ops. */
enum { OCTAVES = 3, MOST_NEW_BLOCKS = 4 * OCTAVES };

/* The largest factor between two capacities, with room for the rounds' coarseness. */
static const double largest_step = 2.5;

/* Growth that keeps pace with the ops doubles the total in an octave, up to the container's step. */
static const double least_growth = 1.4;

static int64_t bytes_at(const hg_history *history, uint32_t checkpoint)
{
    return hg_alive_at(history, history->bytes, checkpoint);
}

/* The checkpoint an eighth into the run, if the totals grow in each octave from there; else the number of
 * epochs. */
static uint32_t start_of_growth(const hg_history *history)
{
    uint32_t at = history->epochs - 1;
    int64_t ops = history->ops[at];
    int64_t end = bytes_at(history, at);
    for (uint32_t octave = 0; octave < OCTAVES; octave++) {
        ops /= 2;
        while (at > 0 && history->ops[at] > ops)
            at--;
        int64_t begin = bytes_at(history, at);
        if (begin <= 0 || (double)end < least_growth * (double)begin)
            return history->epochs;
        end = begin;
    }
    return at;
}

static double block_size(const hg_history *history, uint32_t checkpoint)
{
    return (double)bytes_at(history, checkpoint) / (double)hg_alive_at(history, history->blocks, checkpoint);
}

/* Never smaller, and with the ops to within one step; by larger blocks, not by more of the same. */
static bool keeps_pace(const hg_history *history, uint32_t first, double step)
{
    uint32_t last = history->epochs - 1;
    int64_t number = hg_alive_at(history, history->blocks, first);
    int64_t most = number + MOST_NEW_BLOCKS;
    int64_t bytes = 0;
    double least = INFINITY;
    double largest = 0;
    if (number <= 0)
        return false;
    for (uint32_t t = first; t <= last; t++) {
        int64_t blocks = hg_alive_at(history, history->blocks, t);
        int64_t now = bytes_at(history, t);
        if (blocks < number || blocks > most || now < bytes)
            return false;
        number = blocks;
        bytes = now;
        double per_op = (double)now / (double)history->ops[t];
        least = fmin(least, per_op);
        largest = fmax(largest, per_op);
    }
    return largest <= step * least && block_size(history, last) >= least_growth * block_size(history, first);
}

static void set_rate(const hg_history *history, const hg_increments *bytes, double per_round,
                     hg_growth *growth)
{
    double low = 0;
    double high = INFINITY;
    for (uint32_t t = 1; t < history->epochs; t++) {
        double before = (double)bytes_at(history, t - 1);
        double now = (double)bytes_at(history, t);
        if (now > before)
            low = fmax(low, before / (double)history->ops[t]);
        high = fmin(high, now / (double)history->ops[t]);
    }
    if (4 * bytes->positive >= 3 * bytes->count) {
        growth->bytes_per_round = bytes->mean;
        growth->bytes_per_round_error = bytes->error;
        return;
    }
    /* Several containers, or one that was not empty at first, have no such bounds: what is used lies between
     * half the capacity and all of it. */
    if (low > high) {
        uint32_t last = history->epochs - 1;
        high = (double)bytes_at(history, last) / (double)history->ops[last];
        low = high / 2;
    }
    growth->bytes_per_round = (low + high) / 2 * per_round;
    growth->bytes_per_round_error = (high - low) / sqrt(12) * per_round;
}

bool hg_container_grows(const hg_history *history, hg_growth *growth)
{
    double d[HG_MAX_ROUNDS];
    uint32_t first = start_of_growth(history);
    if (first >= history->epochs || !keeps_pace(history, first, largest_step))
        return false;
    double per_round = hg_history_round_ops(history);
    hg_increments bytes = hg_increments_of(d, hg_aged_increments(history, history->bytes, 0, d));
    set_rate(history, &bytes, per_round, growth);
    return true;
}
