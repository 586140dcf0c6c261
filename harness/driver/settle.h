/*
 * What all looks at a cell say together (analysis/looks.h) where the last one does not by itself: the
 * verdict, its figures, and the reason in words.
 *
 * Any thread.
 */
#ifndef HG_DRIVER_SETTLE_H
#define HG_DRIVER_SETTLE_H

#include "analysis/looks.h"
#include <stdbool.h>

typedef struct hg_looks {
    uint32_t number;           /* of the last one, from 1 */
    const hg_look_rate *rates; /* [number] */
    const uint64_t *round_ops; /* [number]: of a measured round */
    uint32_t rounds;           /* measured, of a look */
    const hg_cell *before;     /* as judged after the look before the last one */
} hg_looks;

/* Makes the cell, as judged after the last look, say what all looks do. False, and the cell as it was, where
 * that look speaks for itself. */
bool hg_settle(const hg_looks *looks, hg_next_look wanted, hg_cell *cell);

/* timed: the verdict of the look in which time passed, by waiting or by setting the workload's clock forward,
 * where it is not that of the leak. Says so in its reason. */
void hg_settle_timed(const hg_cell *leak, bool waited, hg_cell *timed);

/* Fragmentation that no second look shows at the same rate: the cell is clean. */
void hg_settle_refuted(hg_cell *cell);

#endif
