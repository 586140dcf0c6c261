/*
 * The cells of a run in the order in which a report shows them: by workload, then allocator, then subject,
 * each in the order of its first appearance in the run. So the cells of one workload are neighbours, and so
 * are those of one workload on one allocator. Of two subjects, the one that is expected to leak comes first,
 * because a reader compares before with after.
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

/* Fills the view. False when memory ran out; then there is nothing to clear. */
bool hg_view_init(hg_view *view, const hg_run *run);
void hg_view_clear(hg_view *view);

/* The index of the cell's subject in view->subjects. */
size_t hg_view_subject(const hg_view *view, const hg_cell *cell);

/* Puts the workloads that have a cell that is not as expected before the others. False when memory ran
 * out. */
bool hg_view_red_first(hg_view *view);

/* The index after the last cell with the workload (and allocator) of the cell at start. */
size_t hg_view_workload_end(const hg_view *view, size_t start);
size_t hg_view_allocator_end(const hg_view *view, size_t start);

/* Whether two strings are equal; NULL is "". */
bool hg_same_text(const char *a, const char *b);

/* The name of a workload, subject or allocator, or "(unnamed)" for NULL and "". */
const char *hg_view_name(const char *name);

/* True for classes that a report lists as growth: leak and filling. */
bool hg_site_grows(const hg_site *site);

/* What the site's memory comes in: "block", or "mapping". */
const char *hg_site_noun(const hg_site *site);

/* Whether growth takes so much more of the heap than was asked for that a reader should know. */
bool hg_takes_much_more(double bytes_per_op, double heap_bytes_per_op);

/*
 * True when the cell was measured to gain memory with every op: it leaks, or its rate is more than two
 * standard errors above zero. False for a failed cell.
 */
bool hg_cell_grows(const hg_cell *cell);

/* What is not as expected of a cell whose verdict is, in words for each kind of report. */
typedef struct hg_trouble {
    const char *phrase;  /* "slower than allowed" */
    const char *word;    /* "slower" */
    const char *type;    /* "too-slow" */
    const char *says;    /* "is too slow" */
    const char *meaning; /* of a run with nothing else */
} hg_trouble;

/* NULL when the verdict is not as expected, or nothing else is wrong. */
const hg_trouble *hg_cell_trouble(const hg_cell *cell);

/* True when the growth was computed. It is not for a cell that failed or ended with too little to judge. */
bool hg_cell_is_judged(const hg_cell *cell);

/* True when the speed without the probe was measured. */
bool hg_cell_is_timed(const hg_cell *cell);

/* The site that leaks fastest, else the site that grows fastest; NULL where none grows. */
const hg_site *hg_cell_culprit(const hg_cell *cell);

/*
 * True when two cells tell one story: the same subject leaks in the same workload, by the same call
 * path and lines, and both cells are as expected or both are not. A report tells the story once and names the
 * other allocators.
 */
bool hg_cell_same_story(const hg_cell *a, const hg_cell *b);

/* How many later cells of the view tell the story of the one at index. */
size_t hg_view_count_same_story(const hg_view *view, size_t index);

/* True when an earlier cell of the view tells the story of the one at index. */
bool hg_view_is_told(const hg_view *view, size_t index);

/* The number of warm-up epochs, at most epoch_count. */
size_t hg_cell_warmup_epochs(const hg_cell *cell, size_t epoch_count);

/* How many cells did what was expected of them. */
size_t hg_run_count_met(const hg_run *run);

/* What a subject with this verdict does: "leaks", "is clean". */
const char *hg_verdict_phrase(hg_verdict verdict);

/* True when every cell of the subject has this verdict. */
bool hg_view_subject_is(const hg_view *view, const char *subject, hg_verdict verdict);

/* The meaning of the run's exit code in words, or what an unfinished run says of itself. Never NULL. */
const char *hg_run_meaning(const hg_run *run);

#endif
