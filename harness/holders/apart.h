/*
 * Attribution in a process of its own. Which variable an address is, and of what type, stands in files that
 * come from the measured process, and can be anything: whatever reading them does, the cell keeps its
 * verdict.
 */
#ifndef HG_HOLDERS_APART_H
#define HG_HOLDERS_APART_H

#include "holders/attribute.h"

/*
 * As hg_holders_attribute, with names from files read anew. Where there is no answer, says why in
 * holders_missing. False when memory ran out. No other thread of this process may hold a lock that is needed.
 */
bool hg_holders_attribute_apart(const hg_attribution *input, hg_cell *cell);

#endif
