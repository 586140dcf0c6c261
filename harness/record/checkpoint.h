/*
 * A checkpoint: adds up what the threads counted, writes the sums to the record's live section, and begins
 * the next epoch.
 *
 * Any process that has mapped the record can take one. The measured process takes it between rounds, when
 * nothing is in flight and the sums are exact. Another process takes it while this one runs; an allocation
 * that happens meanwhile may be counted in part. The next checkpoint has it right.
 */
#ifndef HG_RECORD_CHECKPOINT_H
#define HG_RECORD_CHECKPOINT_H

#include "record/record.h"

/*
 * Closes the current epoch: writes its row of live for every context, and starts the next epoch. Gives the
 * number of allocations since the start, or -1 if all epochs are closed or the record has no rows. One caller
 * at a time. Allocates nothing. The caller writes the sample and header->checkpoints.
 */
int64_t hg_checkpoint_take(hg_record *record);

/* Closes the current epoch without a row of live, for who adds up the counters himself. False if all are
 * closed. */
bool hg_checkpoint_close(hg_record *record);

/*
 * What is alive now, in all contexts of memory but the control's. Closes no epoch. Its one effect: the pages
 * of the counters are unmapped from this process, so that one that looks often does not grow by them.
 * ret_allocations: calls since the start.
 */
hg_record_live hg_checkpoint_peek(const hg_record *record, int64_t *ret_allocations);

/*
 * The low-water mark of an epoch: the least that was alive in the whole process at one of the moments between
 * its ops that the runner sampled, mappings included, the runner's control left out. Bytes and blocks may
 * have been least at different moments. A sawtooth that ends a round anywhere is as low as ever in its
 * trough, so growth shows here that drowns in what is alive at checkpoints. False, and nothing given, where
 * nobody sampled: in a program watched from outside, and under another tool.
 */
bool hg_record_low_water(const hg_record *record, uint32_t epoch, int64_t *ret_blocks, int64_t *ret_bytes);

/* Two epochs become one, as seen by the later one's sample. */
void hg_record_join_low_water(const hg_record_sample *earlier, hg_record_sample *later);

/*
 * The length of an epoch in a run whose end nobody knows. The first HG_EQUAL_EPOCHS have length 1; after
 * that, the length doubles every HG_EQUAL_EPOCHS / 2 epochs. So the epochs of one record last for 2^19 units;
 * and after each such step, those so far can be joined to HG_EQUAL_EPOCHS, or half as many, of equal length.
 * epoch: at most HG_MAX_EPOCHS.
 */
#define HG_EQUAL_EPOCHS 32u
uint64_t hg_epoch_length(uint32_t epoch);

#endif
