/*
 * Where a tortured process crashes: its signal handlers leave the stack in the slot of the job.
 *
 * The handlers run on a stack of their own, so that an endless recursion is told, too. They take no lock and
 * allocate nothing; a process that is damaged so far that they crash as well leaves no stack. Then the signal
 * ends the process as it would have without them. A workload that has handlers of its own keeps those.
 */
#ifndef HG_PROBE_CRASH_H
#define HG_PROBE_CRASH_H

#include "record/torture_area.h"

/* From now on, in this process. Of the calling thread's stack, there is an alternate one. */
void hg_crash_watch(hg_torture_slot *slot);

/*
 * A frame for the slot, whose modules are numbered anew; entered there if it is new, and module 0 if there is
 * no room.
 */
hg_record_frame hg_crash_frame(hg_torture_slot *slot, const hg_record_module *module, uint64_t offset);

#endif
