/*
 * What was alive when a process of the runner ended, after heapgate_teardown: the counters of the record go
 * on after the last checkpoint, and are final then.
 */
#ifndef HG_VERDICT_AT_EXIT_H
#define HG_VERDICT_AT_EXIT_H

#include "verdict/sites.h"

/*
 * Fills `kept` of the gathered sites, and ret_whole with the sum, without what the system keeps for itself.
 * Memory of call paths that had none at any checkpoint is not among them. Nothing is filled in of a process
 * that did not come to the end of its teardown. The record is sound.
 */
void hg_kept_count(const hg_record *record, hg_gathered *gathered, hg_kept *ret_whole);

#endif
