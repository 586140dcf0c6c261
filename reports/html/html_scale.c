#include "html/html_scale.h"

#include <assert.h>
#include <math.h>

static double nice_step(double range, int ticks)
{
    double raw = range / ticks;
    double power = pow(10.0, floor(log10(raw)));
    double lead = raw / power;

    return power * (lead <= 1.0 ? 1.0 : lead <= 2.0 ? 2.0 : lead <= 5.0 ? 5.0 : 10.0);
}

static hg_scale make_scale(double lowest, double highest, int ticks, double unit)
{
    hg_scale scale = {.low = lowest < 0 ? lowest : 0, .from = 0, .to = 1};
    double high = highest > scale.low ? highest : scale.low + unit;

    scale.step = nice_step((high - scale.low) / unit, ticks) * unit;
    scale.low = floor(scale.low / scale.step) * scale.step;
    scale.high = ceil(high / scale.step) * scale.step;
    return scale;
}

hg_scale hg_scale_counts(double lowest, double highest, int ticks)
{
    return make_scale(lowest, highest, ticks, 1.0);
}

hg_scale hg_scale_bytes(double lowest, double highest, int ticks)
{
    double unit = 1.0;

    while (unit < 1e18 && highest >= 1024.0 * unit)
        unit *= 1024.0;
    return make_scale(lowest, highest, ticks, unit);
}

double hg_scale_at(const hg_scale *scale, double value)
{
    assert(scale->high > scale->low);
    double share = (value - scale->low) / (scale->high - scale->low);

    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return scale->from + share * (scale->to - scale->from);
}
