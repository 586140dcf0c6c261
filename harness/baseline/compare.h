/*
 * A run against a baseline: which leaks are known, which are new or more, and which entries are stale.
 *
 * Only cells that are expected to be clean are compared; what a `before` leaks is not the baseline's
 * business. A leak is known when its entry records at least its rate, but for three standard errors of the
 * measurement and 0.1 % for the digits of the file. The reference does not move: a rate that creeps up by a
 * few per cent a change is over it soon. Growth of open files or threads has no entry and is never known.
 *
 * Pure but for memory; prints nothing, knows no clock.
 */
#ifndef HG_BASELINE_COMPARE_H
#define HG_BASELINE_COMPARE_H

#include "baseline/baseline.h"
#include "model/model.h"

typedef enum hg_baseline_change_kind {
    HG_BASELINE_KNOWN,
    HG_BASELINE_NEW,     /* no entry */
    HG_BASELINE_MORE,    /* than its entry */
    HG_BASELINE_EXPIRED, /* its entry's waiver has ended */
    HG_BASELINE_LESS,    /* than its entry, in every cell: the entry can be lowered */
    HG_BASELINE_GONE,    /* nowhere in the cells of its workload and subject */
} hg_baseline_change_kind;

/* One observation, or for LESS and GONE one entry. Pointers into the run and the baseline. */
typedef struct hg_baseline_change {
    hg_baseline_change_kind kind;
    const hg_cell *cell;                                    /* NULL for GONE */
    const hg_site *site;                                    /* NULL: no call path, or GONE */
    const hg_baseline_entry *entry;                         /* NULL for NEW */
    double bytes_per_op, bytes_per_op_error, blocks_per_op; /* now; for LESS the most of all cells */
} hg_baseline_change;

typedef struct hg_comparison {
    hg_baseline_change
        *changes; /* in the order of the cells; LESS and GONE last, in the order of the entries */
    size_t count;
    size_t failures; /* NEW, MORE and EXPIRED */
} hg_comparison;

/* today: YYYY-MM-DD, in UTC. NULL when memory ran out. The run and the baseline must outlive the
 * comparison. */
hg_comparison *hg_baseline_compare(const hg_baseline *baseline, const hg_run *run, const char *today);
void hg_comparison_free(hg_comparison *comparison); /* NULL is fine */

/*
 * Writes the outcome into the cells: one whose leaks are all known has met its expectation. Each cell's
 * reason says what is known, more or new; name is the baseline's, for it. False when memory ran out.
 */
bool hg_baseline_apply(const hg_comparison *comparison, hg_run *run, const char *name);

typedef enum hg_update_result {
    HG_UPDATE_DONE,
    HG_UPDATE_REFUSED, /* something grew, and that was not allowed; the baseline is as it was */
    HG_UPDATE_NO_MEMORY,
} hg_update_result;

/*
 * Makes the baseline say what the run has shown. Entries that are no more are removed, rates that shrank are
 * lowered; new and larger ones are refused unless allow_growth, and then dated `today`. Growing again ends a
 * waiver. The comparison is void afterwards.
 */
hg_update_result hg_baseline_update(hg_baseline *baseline, const hg_comparison *comparison, const hg_run *run,
                                    const char *today, bool allow_growth);

/* Replaces what the file cannot hold, bytes that are not UTF-8, by question marks. */
void hg_baseline_make_text(char *text);

/* A frame as a line of an entry's stack, "FUNCTION in MODULE"; the caller frees. NULL when memory ran out. */
char *hg_baseline_frame_text(const hg_frame *frame);

/* Whether an entry is about the cell's workload and subject; about the site's call path (NULL: an empty
 * one). */
bool hg_baseline_is_about(const hg_baseline_entry *entry, const hg_cell *cell);
bool hg_baseline_has_stack(const hg_baseline_entry *entry, const hg_site *site);

#endif
