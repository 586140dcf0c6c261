/*
 * What faults lost, as cells, for reports that know only cells and call stacks: the memory that a finding
 * lost looks like growth in one op.
 */
#ifndef HG_VIEW_TORTURE_LOSSES_H
#define HG_VIEW_TORTURE_LOSSES_H

#include "model/model.h"
#include <stdio.h>

typedef bool (*hg_run_writer)(const hg_run *run, FILE *out);

/*
 * Has the run written with one more cell for each finding that lost memory; its allocator is "fault ID,
 * MODE". False when memory ran out, or the writer says so.
 */
bool hg_torture_losses_write(const hg_run *run, hg_run_writer write, FILE *out);

#endif
