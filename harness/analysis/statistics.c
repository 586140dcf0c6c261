#include "analysis/statistics.h"

#include <math.h>

/* The upper tail of Student's t for whole degrees of freedom. */
static double upper_tail(double t, uint32_t degrees)
{
    double angle = atan(t / sqrt(degrees));
    double cosine = cos(angle);
    double term = degrees % 2 ? cosine : 1;
    double sum = degrees == 1 ? 0 : term;
    for (uint32_t k = degrees % 2 ? 3 : 2; k < degrees; k += 2) {
        term *= cosine * cosine * (k - 1) / k;
        sum += term;
    }
    sum *= sin(angle);
    double inside = degrees % 2 ? (angle + sum) * 2 / acos(-1) : sum;
    return (1 - inside) / 2;
}

double hg_student_quantile(uint32_t degrees, double level)
{
    double low = 0;
    double high = 1e6;
    if (degrees == 0)
        return INFINITY;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (upper_tail(middle, degrees) > level)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double hg_poisson_surprise(double seen, double expected)
{
    if (seen >= expected)
        return 0;
    return seen > 0 ? expected - seen - seen * log(expected / seen) : expected;
}

/* Least squares of the values on their index. */
static void regress(hg_increments *result, const double *values)
{
    double n = result->count;
    double middle = (n - 1) / 2;
    double sxx = 0;
    double sxy = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        sxx += (i - middle) * (i - middle);
        sxy += (i - middle) * (values[i] - result->mean);
    }
    result->slope = sxx > 0 ? sxy / sxx : 0;
    double residual = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        double off = values[i] - result->mean - result->slope * (i - middle);
        residual += off * off;
    }
    result->slope_error = n > 2 && sxx > 0 ? sqrt(residual / (n - 2) / sxx) : INFINITY;
}

static double kendall_order(const double *values, uint32_t count)
{
    double n = count;
    double rises = 0;
    if (count < 2)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            rises += (values[i] > values[k]) - (values[i] < values[k]);
    return rises / sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

hg_increments hg_increments_of(const double *values, uint32_t count)
{
    hg_increments result = {.count = count};
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += values[i];
        if (values[i] > 0) {
            result.positive++;
            if (result.first_positive == 0)
                result.first_positive = i + 1;
            result.last_positive = i + 1;
        }
        result.negative += values[i] < 0;
        if (i >= count / 2)
            result.late += values[i];
    }
    result.mean = count > 0 ? sum / count : 0;
    double squares = 0;
    for (uint32_t i = 0; i < count; i++)
        squares += (values[i] - result.mean) * (values[i] - result.mean);
    result.error = count > 1 ? sqrt(squares / (count - 1) / count) : INFINITY;
    result.order = kendall_order(values, count);
    regress(&result, values);
    return result;
}
