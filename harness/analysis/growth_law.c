#include "analysis/growth_law.h"

#include <math.h>

/* A rate is never known better than to this share: rounds are coarse. */
static const double coarseness = 0.02;

/* The weight of a look: one over the square of its relative error; 0 where it saw no growth. */
static double weight_of(const hg_look_rate *look)
{
    if (look->rate <= 0 || look->ops <= 0)
        return 0;
    return 1 / (pow(look->error / look->rate, 2) + pow(coarseness, 2));
}

hg_look_law hg_look_law_of(const hg_look_rate *rates, uint32_t count)
{
    hg_look_law law = {.error = INFINITY};
    double weights = 0;
    double x = 0;
    double y = 0;
    for (uint32_t i = 0; i < count; i++) {
        double weight = weight_of(&rates[i]);
        if (weight == 0)
            continue;
        weights += weight;
        x += weight * log(rates[i].ops);
        y += weight * log(rates[i].rate);
        law.looks++;
    }
    double sxx = 0;
    double sxy = 0;
    for (uint32_t i = 0; i < count; i++) {
        double weight = weight_of(&rates[i]);
        if (weight == 0)
            continue;
        double dx = log(rates[i].ops) - x / weights;
        sxx += weight * dx * dx;
        sxy += weight * dx * (log(rates[i].rate) - y / weights);
    }
    if (law.looks < 2 || sxx <= 0)
        return law;
    law.exponent = sxy / sxx;
    law.error = 1 / sqrt(sxx);
    return law;
}
