/*
 * A checkpoint: adds up what the threads counted, into the record's live section, and begins the next epoch.
 *
 * Whoever has the record mapped can take one: the measured process itself between rounds, where nothing is in
 * flight and the sums are exact, or another process while this one runs. Then an allocation that happens
 * meanwhile may be half in it: off by the blocks in flight, once; the next checkpoint has it right.
 */
#ifndef HG_RECORD_CHECKPOINT_H
#define HG_RECORD_CHECKPOINT_H

#include "record/record.h"

/*
 * Closes the current epoch: writes its row of live for every context, and lets blocks be born in the next
 * one. Gives the number of allocations since the start, or -1 when all epochs are closed. One caller at a
 * time. Allocates nothing. The sample, and header->checkpoints, are the caller's to write.
 */
int64_t hg_checkpoint_take(const hg_record *record);

/*
 * What is alive now, of all contexts but the control's. Closes nothing, and changes nothing but this: the
 * pages of the counters are given back to the record, so that a process that looks often does not grow by
 * them. ret_allocations: calls since the start.
 */
hg_record_live hg_checkpoint_peek(const hg_record *record, int64_t *ret_allocations);

/*
 * The epochs of a run whose end nobody knows. The first HG_EQUAL_EPOCHS are of length 1, each half as many
 * after that twice as long as those before: the epochs of one record last for 2^19, and there is a time after
 * each HG_EQUAL_EPOCHS / 2 at which all of them make up HG_EQUAL_EPOCHS or half as many of equal length.
 */
#define HG_EQUAL_EPOCHS 32u
uint64_t hg_epoch_length(uint32_t epoch);

#endif
