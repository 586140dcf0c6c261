/*
 * The inventory of a process: everything that each of its roots holds, and whether it keeps to its bound.
 *
 * A bound is for all paths that begin with its name ("registry.table" for "registry.table.slots[]→entry"):
 * what they hold is a row of its own, and other rows are for variables as a whole.
 */
#ifndef HG_HOLDERS_INVENTORY_H
#define HG_HOLDERS_INVENTORY_H

#include "holders/attribute.h"
#include "holders/path_names.h"

/* The cell's sites that the process has, by the number of the gathered one; NULL where it has none. False
 * when memory ran out. */
bool hg_inventory_take(const hg_attribution *input, const hg_namer *namer, hg_site *const *matched,
                       hg_cell *cell);

#endif
