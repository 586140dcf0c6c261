/*
 * How long the blocks of one site live, as far as a history tells.
 *
 * The age of a block at a checkpoint is the number of rounds since the one it was born in; blocks of age 0
 * are those of the round just over.
 *
 * Whether blocks stay for ever is a question about their hazard, the rate at which blocks of an age die.
 * Blocks with a finite mean lifetime have, in the long run, a hazard above 1/age: Pareto's law with the
 * exponent 1 has just that hazard and an infinite mean. So where n blocks grow from age a to age b, a steady
 * state wants n ln(b/a) of them dead. Blocks that are lost for good die less than that, and the deficit is
 * tested as one of a Poisson variable. The same deficit is small where hazards are merely low for a while; a
 * cache that dies in order, oldest first, is told by its total instead.
 *
 * Pure, like growth.h.
 */
#ifndef HG_ANALYSIS_LIFETIMES_H
#define HG_ANALYSIS_LIFETIMES_H

#include "analysis/growth.h"

/* What became of the blocks that reached an age. */
typedef struct hg_lifetimes {
    bool deaths_at_all;      /* of any epoch, in the measured rounds */
    double deaths, wanted;   /* of blocks born in measured rounds: seen, and at the hazard 1/age */
    double wanted_of_a_leak; /* wanted, of one block lost every round */
} hg_lifetimes;

hg_lifetimes hg_lifetimes_from(const hg_history *history, uint32_t age);

/* Ops of a measured round, on average. */
double hg_history_round_ops(const hg_history *history);

/* What makes a round of that epoch's length one of the average length. */
double hg_history_weight(const hg_history *history, uint32_t epoch);

/*
 * The increments of the number (of `live`, blocks or bytes) that is at least so old, over the rounds in which
 * blocks of measured rounds reach the age, as if the round that they were born in had the average length: at
 * most HG_MAX_ROUNDS values. Returns how many.
 */
uint32_t hg_aged_increments(const hg_history *history, const int64_t *live, uint32_t age, double *ret_values);

/* Blocks, or bytes, alive at a checkpoint. */
int64_t hg_alive_at(const hg_history *history, const int64_t *live, uint32_t checkpoint);

#endif
