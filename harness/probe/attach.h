/*
 * What attaching to a record and waking a dormant probe have in common.
 */
#ifndef HG_PROBE_ATTACH_H
#define HG_PROBE_ATTACH_H

#include "record/record.h"

/* Follows threads and forks, and looks at the allocator. Once, before there are threads. 0 or an error
 * number. */
int hg_attach_prepare(void);

/* A new record of this process notes what the probe has mapped, as the earlier one did. */
void hg_attach_keep_ranges(const hg_record_header *from, hg_record_header *to);

#endif
