/*
 * The law of growth over looks of different length.
 *
 * The rate goes like the ops to the power `exponent`, by weighted least squares of the logarithms. A leak
 * has 0; growth like the square root of the ops -1/2; a histogram that gains a block each time the ops
 * double, or a bound that was reached, -1 and below; a cache under skewed keys (Heaps, "Information
 * Retrieval", 1978) lies between.
 *
 * Pure. Any thread.
 */
#ifndef HG_ANALYSIS_GROWTH_LAW_H
#define HG_ANALYSIS_GROWTH_LAW_H

#include <stdint.h>

/* What a look said of the growth: bytes per op; visible is the least that would have shown. */
typedef struct hg_look_rate {
    double rate, error, visible;
    double ops;   /* of the whole look, warm-up and all */
    double level; /* bytes: the least that was alive in its last round */
    double begun; /* bytes: the same of the second measured round */
    double most;  /* bytes: alive at any checkpoint after the warm-up */
    double fall;  /* bytes: the most that it fell from a round to a later one */
    double drop;  /* bytes: the most that was freed from a checkpoint to a later one, less what came */
    double block; /* bytes: the largest mean size of what one call path had alive at the end */
} hg_look_rate;

typedef struct hg_look_law {
    double exponent, error; /* one standard error, as the errors of the rates have it */
    uint32_t looks; /* that it rests on; of fewer than 2 nothing is known, and the error is infinite */
} hg_look_law;

/* Looks that saw no growth are left out. */
hg_look_law hg_look_law_of(const hg_look_rate *rates, uint32_t count);

#endif
