/*
 * The review of what is alive at exit: which call paths a suite has declared, and which nobody has.
 *
 * A call path is reviewed if a process of the runner ended with memory of it, after heapgate_teardown, and if
 * it is not the leak that the cell's verdict tells of. It needs a declaration, or holders that all have a
 * bound. Who holds it is known only where that was asked for (--holders).
 *
 * Pure except for allocating memory: prints nothing and reads no clock.
 */
#ifndef HG_KNOWN_REVIEW_H
#define HG_KNOWN_REVIEW_H

#include "known/leaks.h"

/* What becomes of a cell with memory at exit that nobody declared. */
typedef enum hg_unreviewed { HG_UNREVIEWED_IGNORE, HG_UNREVIEWED_WARN, HG_UNREVIEWED_FAIL } hg_unreviewed;

/* What a declaration is good for, in all cells that were reviewed. */
typedef struct hg_leak_use {
    size_t sites;
    int64_t blocks, bytes;
} hg_leak_use;

typedef struct hg_review_rules {
    const hg_leaks *leaks;
    hg_leak_use *uses; /* [leaks->count], added to; NULL: nobody wants to know */
    const char *today; /* YYYY-MM-DD, UTC */
    hg_unreviewed undeclared;
} hg_review_rules;

/* Whether the cell is reviewed at all: one that is expected to leak, or failed, is not. */
bool hg_is_reviewed(const hg_cell *cell);

/*
 * Writes the review into the cell's sites, and how many fail it into the cell. A cell that fails has not met
 * its expectation, and its reason says why. bounds: those of the cell's holders; NULL: none. False when
 * memory ran out.
 */
bool hg_review_cell(const hg_review_rules *rules, const hg_bounds *const bounds[2], hg_cell *cell);

#endif
