/*
 * A checkpoint: adds up what the threads counted, into the record's live section, and begins the next epoch.
 *
 * Whoever has the record mapped can take one: the measured process itself between rounds, where nothing is in
 * flight and the sums are exact, or another process while this one runs. Then an allocation that happens
 * meanwhile may be half in it: off by the blocks in flight, once; the next checkpoint has it right.
 */
#ifndef HG_RECORD_CHECKPOINT_H
#define HG_RECORD_CHECKPOINT_H

#include "record.h"

/*
 * Closes the current epoch: writes its row of live for every context, and lets blocks be born in the next
 * one. Gives the number of allocations since the start, or -1 when all epochs are closed. One caller at a
 * time. Allocates nothing. The sample, and header->checkpoints, are the caller's to write.
 */
int64_t hg_checkpoint_take(const hg_record *record);

#endif
