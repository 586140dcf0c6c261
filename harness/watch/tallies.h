/*
 * The counters of a watched process, added up from outside: those of the contexts that changed since the last
 * time, and no others. A block that was followed for several that were not (hg_record_one_in) counts as so
 * many.
 *
 * Counters only ever grow. So the sum of some neighbours of one row tells whether one of them changed. To
 * form it costs no more than to read them, while to find out what is alive of a context takes all of its
 * rows. One thread.
 */
#ifndef HG_WATCH_TALLIES_H
#define HG_WATCH_TALLIES_H

#include "watch/rounds.h"

typedef struct hg_tallies {
    int record_fd;   /* borrowed */
    uint64_t **seen; /* by shard and epoch: the sums, as last seen; NULL: the row was not in use */
    struct hg_tallies_part *part; /* scratch */
} hg_tallies;

/* False when there is no memory; hg_tallies_free is fine either way, also of a zeroed one. */
bool hg_tallies_init(int record_fd, hg_tallies *ret_tallies);
void hg_tallies_free(hg_tallies *tallies);

/* What was allocated in one epoch so far. */
typedef struct hg_tally_sums {
    uint64_t blocks, bytes;
    uint64_t own_blocks;  /* of threads with counters of their own: such a thread makes the control */
    double largest_block; /* bytes: the largest mean size of what one call path allocated; no mappings */
} hg_tally_sums;

hg_tally_sums hg_tallies_sums(const hg_tallies *tallies, const hg_record *record, uint32_t epoch);

/* All that one context has allocated and freed so far. */
typedef struct hg_tally_totals {
    uint64_t allocated_blocks, allocated_bytes, freed_blocks, freed_bytes;
} hg_tally_totals;

/*
 * Of the first so many contexts. Any process that has mapped the record can ask. Its one effect: the pages of
 * the counters are unmapped from this process, so that one that asks often does not grow by them.
 */
void hg_tallies_totals(int record_fd, const hg_record *record, uint32_t contexts,
                       hg_tally_totals ret_totals[]);

/* Adds what is alive now, of births up to this epoch, to the checkpoint that was opened last. */
void hg_tallies_add(hg_tallies *tallies, const hg_record *record, uint32_t epoch, hg_rounds *rounds);

#endif
