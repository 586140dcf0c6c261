/*
 * What a look says of the next one, which is HG_LOOK_FACTOR times as long: its cost, and whether the process
 * will stay within its limits.
 *
 * Pure; the record is complete and sound. Any thread.
 */
#ifndef HG_DRIVER_FORESEE_H
#define HG_DRIVER_FORESEE_H

#include "record/record.h"
#include <stdbool.h>
#include <stdint.h>

/* How many times as long as this look the next one takes. */
double hg_foresee_factor(const hg_record *record);

/* What the next look allocates, it is assumed, is what this one did, times its length. */
int64_t hg_foresee_allocations(const hg_record *record);

/* Whether files, mappings and resident memory stay below what the system lets the process have.
 * warmup_rounds: at least 1. memory: its limit in bytes, infinite for none. */
bool hg_foresee_fits(const hg_record *record, uint32_t warmup_rounds, double memory);

#endif
