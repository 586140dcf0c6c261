/*
 * The cells of a run in the order in which a report shows them: by workload, then allocator, then subject,
 * each in the order of its first appearance in the run. Cells of one workload are thus neighbours, and so are
 * those of one workload on one allocator. Of two subjects, the one that is expected to leak comes first: such
 * a run is read as before and after.
 */
#ifndef HG_VIEW_VIEW_H
#define HG_VIEW_VIEW_H

#include "model/model.h"

typedef struct hg_view {
    const hg_run *run;     /* borrowed; strings below are the run's too */
    const hg_cell **cells; /* run->cell_count of them */
    size_t count;
    const char **subjects; /* distinct */
    size_t subject_count;
    size_t workload_count, allocator_count; /* distinct */
} hg_view;

/* Fills the view; false when memory ran out, and then there is nothing to clear. */
bool hg_view_init(hg_view *view, const hg_run *run);
void hg_view_clear(hg_view *view);

/* The index of the cell's subject in view->subjects. */
size_t hg_view_subject(const hg_view *view, const hg_cell *cell);

/* The index after the last cell with the workload (and allocator) of the cell at start. */
size_t hg_view_workload_end(const hg_view *view, size_t start);
size_t hg_view_allocator_end(const hg_view *view, size_t start);

/* Whether two strings are equal; NULL is "". */
bool hg_same_text(const char *a, const char *b);

/* A workload, subject or allocator as a report names it: never empty. */
const char *hg_view_name(const char *name);

/* True for classes that a report lists as growth: leak and filling. */
bool hg_site_grows(const hg_site *site);

/*
 * True when the cell gains memory with every op, as far as was measured: a leak, or a rate that is more than
 * two standard errors above zero. False for a failed cell.
 */
bool hg_cell_grows(const hg_cell *cell);

/* True when nothing but its speed is not as expected. */
bool hg_cell_only_slow(const hg_cell *cell);
/* Whether its growth was computed: not of one that failed, or ended before there was enough to judge. */
bool hg_cell_is_judged(const hg_cell *cell);

/* The site that leaks fastest (for a clean cell the one that grows fastest), or NULL where none does. */
const hg_site *hg_cell_culprit(const hg_cell *cell);

/* True when both sites have the same frames: function, file and line of each. */
bool hg_site_same_path(const hg_site *a, const hg_site *b);

/* The epochs before the measured ones, no more than there are in the site. */
size_t hg_cell_warmup_epochs(const hg_cell *cell, size_t epoch_count);

/* How many cells did what was expected of them, and how many with this verdict. */
size_t hg_run_count_met(const hg_run *run);
size_t hg_run_count_verdict(const hg_run *run, hg_verdict verdict);

/* What a subject with this verdict does: "leaks", "is clean". */
const char *hg_verdict_phrase(hg_verdict verdict);

/* True when every cell of the subject has this verdict. */
bool hg_view_subject_is(const hg_view *view, const char *subject, hg_verdict verdict);

/* What the run's exit code says about it, for a person; of an unfinished run in its own words. Never NULL. */
const char *hg_run_meaning(const hg_run *run);

#endif
