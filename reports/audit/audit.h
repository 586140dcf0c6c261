/*
 * The audit: what a suite's runs of the last weeks have in common, for people who look once a month. It keeps
 * a few figures of each run, so it can take many of them, one at a time and in any order.
 *
 *     hg_audit *audit = hg_audit_new("2026-11-27");
 *     hg_audit_add(audit, run);            for each run, which can then be freed
 *     hg_audit_declare(audit, ...);        for each deliberate leak that the suite declares
 *     hg_audit_finish(audit);
 *     hg_audit_html(audit, out);
 *
 * Runs of another suite than the latest one's are not in it. An audit owns all that it has. Not thread-safe.
 */
#ifndef HG_AUDIT_AUDIT_H
#define HG_AUDIT_AUDIT_H

#include "model/model.h"
#include <stdio.h>

#define HG_AUDIT_MOST_RUNS    120 /* the latest ones; each is a point of a chart */
#define HG_AUDIT_MOST_CELLS   400 /* shown with charts */
#define HG_AUDIT_MOST_HOLDERS 200 /* shown */
#define HG_AUDIT_STARTED      24  /* room for when a run started: "2026-01-02T03:04:05Z" */

/* The figures that have a chart. A figure that a run does not have is NAN. */
typedef enum hg_audit_figure {
    HG_AUDIT_GROWTH, /* bytes per op */
    HG_AUDIT_LIVE,   /* bytes alive at the last checkpoint */
    HG_AUDIT_SPARE,  /* share of the allocator's memory that is not handed out, in percent */
    HG_AUDIT_SPEED,  /* ops per second */
    HG_AUDIT_FIGURES,
} hg_audit_figure;

typedef struct hg_audit_point {
    size_t run; /* index of hg_audit.runs */
    hg_verdict verdict;
    bool met;
    double figures[HG_AUDIT_FIGURES];
} hg_audit_point;

typedef struct hg_audit_run {
    char started[HG_AUDIT_STARTED]; /* "" where nobody knows */
    char *suite;
} hg_audit_run;

typedef struct hg_audit_cell {
    char *workload, *subject, *allocator, *unit;
    hg_expect expect;
    hg_audit_point *points; /* by time, after hg_audit_finish */
    size_t count;
} hg_audit_cell;

/* A holder, of all allocators; its figures are the largest ones of its latest run. */
typedef struct hg_audit_holder {
    char *workload, *subject, *name;
    size_t first, last; /* runs in which it was seen; by time after hg_audit_finish */
    int64_t blocks, bytes;
    hg_bound bound;
    bool within_bound;
    bool is_new; /* it was not in the earliest run that tells of holders; after hg_audit_finish */
} hg_audit_holder;

/* A deliberate leak: of the suite, or seen in runs, or both. */
typedef struct hg_audit_leak {
    char *what;                      /* "function: table_new" */
    char *why, *who, *since, *until; /* "" where the suite does not say */
    bool declared;                   /* by the suite as it is now */
    bool seen;                       /* in a run: */
    size_t first, last;
    int64_t blocks, bytes; /* in its latest run, of all cells */
} hg_audit_leak;

/* An allocation site; after hg_audit_finish, only those that no run tried. */
typedef struct hg_audit_site {
    char *module, *function, *file, *calls;
    int line;           /* 0 where unknown */
    size_t first, last; /* runs that tell of it */
    bool tried;
    size_t tried_last; /* the latest run that tried it */
} hg_audit_site;

/* What needs a review in the latest run: the line of view/kept.h, and the first cell that has it. */
typedef struct hg_audit_need {
    char *cell, *line;
    size_t run;
    size_t more; /* cells with the same line */
} hg_audit_need;

typedef struct hg_audit {
    char today[HG_AUDIT_STARTED];
    hg_audit_run *runs; /* in the order in which they were added; by time after hg_audit_finish */
    size_t run_count;
    hg_audit_cell *cells; /* after hg_audit_finish: those that the latest run finds grow first */
    size_t cell_count;
    hg_audit_holder *holders; /* after hg_audit_finish: over a bound first, then new ones, then the largest */
    size_t holder_count;
    hg_audit_leak *leaks; /* of the suite first */
    size_t leak_count;
    hg_audit_need *needs;
    size_t need_count;
    hg_audit_site *sites; /* after hg_audit_finish: by file and line */
    size_t site_count;
    bool knows_suite;   /* its declarations were given */
    size_t other_suite; /* runs that are of another suite, after hg_audit_finish */
    size_t too_old;     /* and beyond HG_AUDIT_MOST_RUNS */
    size_t unreadable;  /* files, the caller's to fill in */
} hg_audit;

/* today: YYYY-MM-DD, UTC. NULL when memory ran out. */
hg_audit *hg_audit_new(const char *today);
void hg_audit_free(hg_audit *audit); /* NULL is fine */

/* False when memory ran out, after which the audit can only be freed; so for the next ones. */
bool hg_audit_add(hg_audit *audit, const hg_run *run);
/* A declaration; since: "" or a day, until: a day, "never" or "". */
bool hg_audit_declare(hg_audit *audit, const char *what, const char *why, const char *who, const char *since,
                      const char *until);
bool hg_audit_finish(hg_audit *audit);

void hg_audit_clear_site(hg_audit_site *site);

/* The latest point of a cell, and the earliest that has the figure; NULL: there is none. */
const hg_audit_point *hg_audit_last(const hg_audit *audit, const hg_audit_cell *cell);
const hg_audit_point *hg_audit_first(const hg_audit_cell *cell, hg_audit_figure figure);

/* "Growth per op" and a value in words: "24 B", "3 %", "1.20M". */
const char *hg_audit_title(hg_audit_figure figure);
void hg_audit_value(hg_audit_figure figure, double value, char *out, size_t size);

/* What there is to say of a leak's age: "since 2026-01-02 (329 days)", "" where nobody knows. */
void hg_audit_age(const hg_audit *audit, const hg_audit_leak *leak, char *out, size_t size);
/* "ends in 12 days", "ended 3 days ago", "not declared", "not seen in the latest run", "". */
void hg_audit_state(const hg_audit *audit, const hg_audit_leak *leak, char *out, size_t size);

/* What asks for a person, in a few words each: "2 cells not as expected, 1 new holder"; "" for nothing. */
void hg_audit_summary(const hg_audit *audit, char *out, size_t size);

/* "1 run of another suite, 2 unreadable files"; "" for nothing. */
void hg_audit_left_out(const hg_audit *audit, char *out, size_t size);

/* Both are whole documents. False when memory ran out. */
bool hg_audit_markdown(const hg_audit *audit, FILE *out);
bool hg_audit_html(const hg_audit *audit, FILE *out);

#endif
