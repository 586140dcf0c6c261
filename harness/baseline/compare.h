/*
 * Comparing a run with a baseline: which leaks are known, which are new or larger, and which entries are
 * stale.
 *
 * Only cells that are expected to be clean are compared, so the leaks of a subject `before` never are. A leak
 * is known if its rate is at most that of its entry, plus three standard errors of the measurement and 0.1 %
 * for the digits of the file. The entry's rate stays: a rate that creeps up by a few per cent per change soon
 * exceeds it. Growth of open files or threads has no entry and is never known.
 *
 * Findings of heapgate torture are known as long as no more fault points of their path have their outcome
 * than the entry says. An entry is stale only by a pass in which every fault point failed.
 *
 * Pure except for allocating memory: prints nothing and reads no clock.
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
    HG_BASELINE_GONE,    /* in no cell of its workload and subject */
} hg_baseline_change_kind;

/* One leak of a cell, or the findings of one path; for LESS and GONE one entry. Points into the run and the
 * baseline. */
typedef struct hg_baseline_change {
    hg_baseline_change_kind kind;
    const hg_cell *cell;            /* NULL for GONE */
    const hg_site *site;            /* NULL: no call path, or GONE */
    const hg_fault *fault;          /* the first of the findings; NULL: a leak, or GONE */
    int64_t faults;                 /* points of the findings, now */
    const hg_baseline_entry *entry; /* NULL for NEW */
    double bytes_per_op, bytes_per_op_error, blocks_per_op; /* now; for LESS the largest of all cells */
} hg_baseline_change;

/* Whether it fails the run: NEW, MORE and EXPIRED. */
bool hg_baseline_is_failure(const hg_baseline_change *change);

typedef struct hg_comparison {
    hg_baseline_change *changes; /* in the order of cells; then LESS and GONE in the order of entries */
    size_t count;
    size_t failures; /* see hg_baseline_is_failure */
} hg_comparison;

/* today: YYYY-MM-DD, in UTC. NULL when memory ran out. The run and the baseline must outlive the
 * comparison. */
hg_comparison *hg_baseline_compare(const hg_baseline *baseline, const hg_run *run, const char *today);
void hg_comparison_free(hg_comparison *comparison); /* NULL is fine */

/*
 * Writes the outcome into the cells: a cell whose leaks are all known has met its expectation. Each cell's
 * reason says what is known, larger or new. name is the baseline's name in it. False when memory ran out.
 */
bool hg_baseline_apply(const hg_comparison *comparison, hg_run *run, const char *name);

typedef enum hg_update_result {
    HG_UPDATE_DONE,
    HG_UPDATE_REFUSED, /* a leak is new or larger, and that was not allowed; the baseline is unchanged */
    HG_UPDATE_NO_MEMORY,
} hg_update_result;

/*
 * Updates the baseline to the run: removes entries that are gone, and lowers rates that shrank. New and
 * larger leaks are refused without allow_growth; with it, their entries get the date `today`, and a larger
 * leak loses its waiver. The comparison is invalid afterwards.
 */
hg_update_result hg_baseline_update(hg_baseline *baseline, const hg_comparison *comparison, const hg_run *run,
                                    const char *today, bool allow_growth);

/*
 * How an entry allows more than an earlier baseline does: "is new", "allows more than before" or "has a later
 * waiver, or none any more". NULL: it does not.
 */
const char *hg_baseline_widening(const hg_baseline *earlier, const hg_baseline_entry *entry);

/* Adds what became of findings; in compare_faults.c. False when memory ran out. */
bool hg_baseline_compare_faults(const hg_baseline *baseline, const hg_run *run, const char *today,
                                hg_comparison *comparison);
hg_baseline_change *hg_comparison_add(hg_comparison *comparison, const hg_baseline_change *change);

/* Whether an entry is about findings such as this one; two findings have the same entry. */
bool hg_baseline_has_fault(const hg_baseline_entry *entry, const hg_fault *fault);
bool hg_baseline_is_same_fault(const hg_fault *a, const hg_fault *b);

/* Replaces bytes that are not UTF-8, which a JSON file cannot hold, by question marks. */
void hg_baseline_make_text(char *text);

/* A frame as in an entry's stack, "FUNCTION in MODULE"; the caller frees. NULL when memory ran out. */
char *hg_baseline_frame_text(const hg_frame *frame);

/* Whether an entry has the cell's workload and subject. */
bool hg_baseline_is_about(const hg_baseline_entry *entry, const hg_cell *cell);
bool hg_baseline_has_frames(const hg_baseline_entry *entry, const hg_frame *frames, size_t depth);
/* Whether an entry of a leak has the site's call path; a site of NULL has an empty one. */
bool hg_baseline_has_stack(const hg_baseline_entry *entry, const hg_site *site);

#endif
