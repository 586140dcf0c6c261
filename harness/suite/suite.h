/*
 * A suite: which workloads run against which subjects on which allocators, and what is expected of them.
 *
 * A suite is one YAML file. Unknown keys, wrong types and bad values are errors with file and line.
 *
 * A suite owns its strings. Not thread-safe.
 */
#ifndef HG_SUITE_SUITE_H
#define HG_SUITE_SUITE_H

#include "known/leaks.h"
#include <stdio.h>

typedef struct hg_suite_subject {
    char *name;
    char *library_path; /* as written; "" for none */
    hg_expect expect;
} hg_suite_subject;

typedef struct hg_suite_expectation {
    char *subject;
    hg_expect expect;
    size_t line; /* of the file */
} hg_suite_expectation;

typedef struct hg_suite_plugin {
    char *subject; /* "" for every subject */
    char *path;    /* as written */
    size_t line;   /* of the file */
} hg_suite_plugin;

/* What heapgate run --torture is to do with a workload. */
typedef struct hg_suite_torture {
    bool wanted;
    uint64_t ops, clean_ops, path_depth; /* 0: as heapgate torture does without being told */
    uint32_t calls;                      /* that fail; see record/calls.h */
    char *only;                          /* a module; NULL: none is named */
    char *accept;                        /* a text in what is known and accepted; NULL: none */
} hg_suite_torture;

typedef struct hg_suite_workload {
    char *name;
    hg_suite_plugin *plugins; /* at least one, and one for each subject */
    size_t plugin_count;
    char *corpus;             /* as written; "" for none */
    uint64_t ops, warmup_ops; /* 0: as the plug-in says */
    bool only_by_name; /* runs only if the command line names it, for example because it needs a corpus */
    double rate_per_hour;
    double max_bytes_per_op;
    double max_slowdown;      /* against the subject HG_REFERENCE; 0: no limit */
    size_t max_slowdown_line; /* of the file */
    hg_bounds bounds;         /* beside the suite's own */
    hg_suite_torture torture;
    hg_suite_expectation *expectations; /* instead of the subjects' own */
    size_t expectation_count;
} hg_suite_workload;

typedef struct hg_suite {
    char *name;
    char *file;   /* "" for the built-in suite */
    char *folder; /* paths in the suite are relative to it, or to the programs' folder */
    hg_suite_subject *subjects;
    size_t subject_count;
    char **allocators;
    size_t allocator_count;
    hg_suite_workload *workloads;
    size_t workload_count;
    double time_limit_seconds; /* of a process */
    uint64_t memory_limit_bytes;
    double budget_seconds;  /* of a cell, all of its processes together */
    char *baseline;         /* as written; "" for none */
    char *holders;          /* "auto", "always" or "never"; "" if it does not say */
    hg_bounds bounds;       /* of every workload */
    char *undeclared;       /* of holders without a bound: "ignore", "warn" or "fail" */
    hg_leaks leaks;         /* that are deliberate */
    char *undeclared_leaks; /* the same for memory at exit; "" if it does not say */
} hg_suite;

#define HG_DEFAULT_TIME_LIMIT   60.0
#define HG_DEFAULT_BUDGET       300.0
#define HG_DEFAULT_MEMORY_LIMIT ((uint64_t)4 << 30)
#define HG_MOST_SUITE_BYTES     (1u << 20)

#define HG_LEAST_SLOWDOWN 1.0
#define HG_MOST_SLOWDOWN  1000.0

/* NULL on failure, with one line (file, line, what) in message. */
hg_suite *hg_suite_read(const char *path, char *message, size_t message_size);

/* The Toka suite that comes with heapgate. NULL when memory ran out. */
hg_suite *hg_suite_builtin(char *message, size_t message_size);

void hg_suite_free(hg_suite *suite); /* NULL is fine */

bool hg_suite_has_workload(const hg_suite *suite, const char *name);
bool hg_suite_has_subject(const hg_suite *suite, const char *name);

/* What the suite expects of a workload on a subject. */
hg_expect hg_suite_expectation_of(const hg_suite_workload *workload, const hg_suite_subject *subject);

/* The plug-in, as written, of a workload for a subject. */
const char *hg_suite_plugin_of(const hg_suite_workload *workload, const hg_suite_subject *subject);

#endif
