/*
 * A record of its own for a forked child, or for a program that the child started: see HG_ENV_CHILDREN.
 */
#ifndef HG_PROBE_CHILD_H
#define HG_PROBE_CHILD_H

#include "record/record.h"
#include "record/scan_file.h"

/*
 * Makes a record and offers it to the driver, as the value of the variable says; with it a scan file, whose
 * header is NULL if none is wanted or could be made. Returns 0, or a negative errno, and leaves nothing then.
 * Allocates nothing; leaves errno as it was.
 */
int hg_child_record(const char *variable, hg_record_pieces *pieces, hg_record *ret_record,
                    hg_scan_file *ret_scan);

#endif
