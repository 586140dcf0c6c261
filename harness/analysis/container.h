/*
 * Containers that grow: few blocks, ever larger.
 *
 * A container that doubles is one block; its number stands still and its bytes grow in rare, ever larger
 * steps. An arena whose chunks double adds a few blocks. Both are told by their totals at checkpoints a
 * factor of two apart, which grow in each octave, and by bytes that keep pace with the ops to within one
 * step. A buffer that grows to the largest input seen, or a few blocks that come and go, do not keep pace
 * like that.
 *
 * The rate. What n ops need lies below the capacity at every checkpoint, and above the capacity before every
 * step: the rate lies between the largest lower bound and the smallest upper one. A capacity that grows in
 * most rounds has the mean of its increments.
 *
 * What grows threefold or fourfold at a time takes so few steps in a run that no single run tells; what is
 * alive at the end of runs of growing length does (looks.h).
 *
 * Pure, like growth.h.
 */
#ifndef HG_ANALYSIS_CONTAINER_H
#define HG_ANALYSIS_CONTAINER_H

#include "analysis/growth.h"

/* Whether the site looks like growing containers; if so, sets the rates of ret_growth, per round. */
bool hg_container_grows(const hg_history *history, hg_growth *ret_growth);

#endif
