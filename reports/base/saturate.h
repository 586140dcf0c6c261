/*
 * Arithmetic on counts that a hostile or damaged file may have at any size: what does not fit is the nearest
 * number that does.
 */
#ifndef HG_BASE_SATURATE_H
#define HG_BASE_SATURATE_H

#include <stdint.h>

static inline int64_t hg_sum(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? INT64_MAX : INT64_MIN) : sum;
}

static inline int64_t hg_difference(int64_t a, int64_t b)
{
    int64_t difference;
    return __builtin_sub_overflow(a, b, &difference) ? (b < 0 ? INT64_MAX : INT64_MIN) : difference;
}

/* Towards zero; NaN is 0. */
static inline int64_t hg_whole(double value)
{
    const double end = 9223372036854775808.0; /* one more than INT64_MAX */
    if (value != value)
        return 0;
    return value >= end ? INT64_MAX : value < -end ? INT64_MIN : (int64_t)value;
}

#endif
