/*
 * Who holds the blocks of a process that is watched, by the latest snapshot of it.
 */
#ifndef HG_CLI_EXEC_HOLDERS_H
#define HG_CLI_EXEC_HOLDERS_H

#include "exec/cells.h"

/* An hg_cells_hold. Of a leak its holders; with an inventory where the snapshot has one. */
bool hg_exec_hold(const hg_scanned *scanned, const hg_record *record, const hg_module_owners *owners,
                  hg_cell *cell);

#endif
