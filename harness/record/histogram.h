/*
 * A histogram of durations in constant memory. Every octave is divided into HG_HISTOGRAM_PARTS equal parts,
 * so a value is known to within 1 part in 64 (1.6 %), however short or long it is. The idea is HdrHistogram's
 * (Gil Tene, https://hdrhistogram.github.io/HdrHistogram/).
 *
 * Values are nanoseconds; values of 2^40 (18 minutes) and above count as the longest. Not synchronised.
 */
#ifndef HG_RECORD_HISTOGRAM_H
#define HG_RECORD_HISTOGRAM_H

#include "record/assert.h"
#include <stdint.h>

#define HG_HISTOGRAM_PART_BITS 6u
#define HG_HISTOGRAM_PARTS     (1u << HG_HISTOGRAM_PART_BITS)
#define HG_HISTOGRAM_BITS      40u
/* Below two times PARTS each value has a bucket of its own; above, PARTS an octave. */
#define HG_HISTOGRAM_BUCKETS ((HG_HISTOGRAM_BITS - HG_HISTOGRAM_PART_BITS + 1) * HG_HISTOGRAM_PARTS)

/* All zero is empty. */
typedef struct hg_histogram {
    uint64_t count;
    uint32_t buckets[HG_HISTOGRAM_BUCKETS];
} hg_histogram;

static inline uint32_t hg_histogram_bucket(uint64_t value)
{
    const uint64_t longest = (UINT64_C(1) << HG_HISTOGRAM_BITS) - 1;
    value = value < longest ? value : longest;
    if (value < UINT64_C(2) * HG_HISTOGRAM_PARTS)
        return (uint32_t)value;
    uint32_t shift = 63u - (uint32_t)__builtin_clzll(value) - HG_HISTOGRAM_PART_BITS;
    return shift * HG_HISTOGRAM_PARTS + (uint32_t)(value >> shift);
}

static inline void hg_histogram_add(hg_histogram *histogram, uint64_t value)
{
    histogram->buckets[hg_histogram_bucket(value)]++;
    histogram->count++;
}

/* The middle of a bucket. */
static inline double hg_histogram_value(uint32_t bucket)
{
    if (bucket < 2 * HG_HISTOGRAM_PARTS)
        return bucket;
    uint32_t shift = bucket / HG_HISTOGRAM_PARTS - 1;
    double width = (double)(UINT64_C(1) << shift);
    return ((double)(bucket - shift * HG_HISTOGRAM_PARTS) + 0.5) * width;
}

/*
 * The value that this share of all values does not exceed; quantile: above 0, at most 1. 0 for an empty
 * histogram. Another process wrote the counts; no sum of them leads outside the histogram.
 */
static inline double hg_histogram_quantile(const hg_histogram *histogram, double quantile)
{
    HG_PROBE_ASSERT(quantile > 0 && quantile <= 1);
    double wanted = quantile * (double)histogram->count;
    double seen = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < HG_HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] == 0)
            continue;
        last = i;
        seen += histogram->buckets[i];
        if (seen >= wanted)
            break;
    }
    return hg_histogram_value(last);
}

#endif
