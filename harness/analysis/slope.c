#include "analysis/slope.h"

#include <math.h>

/* The least that the last step is of the one before, in a level that goes on to rise. */
#define FAIR_PART 0.4

static double mean_of(const double *values, uint32_t begin, uint32_t end)
{
    double sum = 0;
    for (uint32_t i = begin; i < end; i++)
        sum += values[i];
    return sum / (end - begin);
}

hg_slope hg_slope_of(const double *values, uint32_t count)
{
    hg_slope result = {.error = INFINITY};
    if (count < 4)
        return result;
    double middle = (count - 1) / 2.0, mean = mean_of(values, 0, count);
    double across = 0, along = 0, squares = 0, products = 0, before = 0;
    for (uint32_t i = 0; i < count; i++) {
        along += (i - middle) * (i - middle);
        across += (i - middle) * (values[i] - mean);
    }
    result.rise = across / along;
    for (uint32_t i = 0; i < count; i++) {
        double left = values[i] - mean - result.rise * (i - middle);
        squares += left * left;
        products += i > 0 ? left * before : 0;
        before = left;
    }
    double like = squares > 0 ? products / squares : 0;
    result.autocorrelation = fmin(fmax(like, 0), 0.95);
    double wider = (1 + result.autocorrelation) / (1 - result.autocorrelation);
    result.error = sqrt(squares / (count - 2) / along * wider);
    uint32_t third = count / 3;
    double first = mean_of(values, 0, third), last = mean_of(values, count - third, count);
    double between = mean_of(values, third, count - third);
    result.goes_on = between > first && last - between > FAIR_PART * (between - first);
    return result;
}
