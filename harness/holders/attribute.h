/*
 * From what a scan found to the sites of a cell: which blocks of each are held, by whom, and which are lost.
 */
#ifndef HG_HOLDERS_ATTRIBUTE_H
#define HG_HOLDERS_ATTRIBUTE_H

#include "process/plan.h"
#include "record/scan_file.h"
#include "verdict/sites.h"

/* Sound, and of one process. */
typedef struct hg_attribution {
    const hg_record *record;
    const hg_scan_file *file;
    hg_module_owners owners;
    bool elsewhen;              /* the scan was not at the record's last checkpoint */
    bool inventory;             /* the cell's holders are wanted, too: */
    bool whole;                 /* all of them, not only those with a bound, or without one that they need */
    const hg_bounds *bounds[2]; /* of holders; NULL: none */
    hg_undeclared undeclared;
} hg_attribution;

/* Fills the `held` of the cell's sites that the scanned process has, too, and the cell's holders; and what
 * the growth takes of the heap. False when memory ran out. */
bool hg_holders_attribute(const hg_attribution *input, hg_symbols *symbols, hg_cell *cell);

#endif
