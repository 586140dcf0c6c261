/*
 * Who holds the blocks that grow: cells run once more, with the same seed, in a process whose memory is
 * scanned at its last checkpoint (probe/scan.h). That run judges nothing: whatever becomes of it, the verdict
 * stands.
 */
#ifndef HG_HOLDERS_HOLDERS_H
#define HG_HOLDERS_HOLDERS_H

#include "process/plan.h"

typedef enum hg_holders_mode {
    HG_HOLDERS_AUTO,   /* of cells that leak, expected or not */
    HG_HOLDERS_ALWAYS, /* of all cells */
    HG_HOLDERS_NEVER,
} hg_holders_mode;

/* False if the name is none of "auto", "always" and "never". */
bool hg_holders_mode_of(const char *name, hg_holders_mode *ret_mode);

/*
 * Fills in the sites of the run's cells, one a plan and in the order of the plans, `parallel` at the same
 * time. A cell of which that is not possible says why. 0; -EINTR when *stop became true, with the cells that
 * were not reached untouched; or -ENOMEM.
 */
int hg_holders_measure(const hg_cell_plan *plans, size_t count, hg_holders_mode mode, unsigned parallel,
                       const volatile int *stop, hg_run *run);

#endif
