#include "analysis/spread.h"

#include <stddef.h>

/* values are in order, and at least one; share: 0 to 1 of them lie below. */
static double quantile(const double *values, uint32_t count, double share)
{
    double at = share * (count - 1);
    uint32_t below = (uint32_t)at;
    uint32_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (at - below) * (values[above] - values[below]);
}

hg_spread hg_spread_of(const double *values, uint32_t count)
{
    double sorted[HG_SPEED_MOST_REPETITIONS] = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count && kept < HG_SPEED_MOST_REPETITIONS; i++) {
        uint32_t at = kept;
        if (values[i] <= 0)
            continue;
        for (; at > 0 && sorted[at - 1] > values[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = values[i];
        kept++;
    }
    if (kept == 0)
        return (hg_spread){0};
    return (hg_spread){
        .median = quantile(sorted, kept, 0.5),
        .low = quantile(sorted, kept, 0.25),
        .high = quantile(sorted, kept, 0.75),
    };
}

hg_spread hg_speed_against(const double *speeds, const double *reference, uint32_t count)
{
    double ratios[HG_SPEED_MOST_REPETITIONS];
    uint32_t pairs = 0;
    for (uint32_t i = 0; i < count && pairs < HG_SPEED_MOST_REPETITIONS; i++)
        if (speeds[i] > 0 && reference[i] > 0)
            ratios[pairs++] = speeds[i] / reference[i];
    return hg_spread_of(ratios, pairs);
}

bool hg_speed_is_too_slow(hg_spread against, double max_slowdown)
{
    return against.high > 0 && against.high * max_slowdown < 1;
}
