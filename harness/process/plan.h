/*
 * What a cell is to be: a workload against a subject on an allocator, with its limits and expectations.
 */
#ifndef HG_PROCESS_PLAN_H
#define HG_PROCESS_PLAN_H

#include "model/model.h"
#include "record/record.h"

#define HG_DEFAULT_OPS    10000u
#define HG_MOST_OPS       (UINT64_C(1) << 40)
#define HG_DEFAULT_ROUNDS 10u
#define HG_MOST_ROUNDS    200u
#define HG_WARMUP_ROUNDS  2u

/* What a plug-in says about itself; "" and 0 where it says nothing. */
typedef struct hg_description {
    char name[64], unit[64];
    uint64_t default_ops, warmup_ops;
    char preload[HG_PATHS]; /* libraries that it needs preloaded, with colons */
} hg_description;

/* What becomes of a cell with a holder that has no bound and holds what grows or is large. */
typedef enum hg_undeclared { HG_UNDECLARED_IGNORE, HG_UNDECLARED_WARN, HG_UNDECLARED_FAIL } hg_undeclared;

struct hg_cell_plan;
typedef void (*hg_note_record)(void *of, const struct hg_cell_plan *plan, const hg_record *record);

/* A stack that allocated only after a call of its op had failed: frames and modules as in a record. */
typedef void (*hg_note_after)(void *of, const struct hg_cell_plan *plan, const hg_record_frame *frames,
                              uint32_t count, const hg_record_module *modules);

typedef struct hg_cell_plan {
    const char *workload; /* NULL: as the plug-in names itself, else by its file */
    hg_description description;
    uint32_t number; /* place in the whole suite, from 1; 0: not of a shard */
    const char *subject;
    const char *allocator;         /* its name */
    const char *allocator_library; /* preloaded after the probe; "" for the C library's own */
    const char *plugin;            /* absolute path */
    const char *library_path;      /* absolute folder of the subject, or "" */
    const char *corpus;            /* absolute path, or "" */
    const char *runner, *probe;    /* absolute paths */
    const char *scan;              /* the file for a scan at the last checkpoint; NULL: none */
    const char *torture;           /* the torture area's file; NULL: none */
    const char *reproduce;         /* the command, without --ops */
    bool exact_ops;                /* the first look has as many as the command line says */
    bool quick;                    /* one look, whatever it says */
    hg_expect expect;
    uint64_t ops;        /* 0: as the plug-in says, else HG_DEFAULT_OPS */
    uint64_t warmup_ops; /* at least; 0: as the plug-in says */
    uint32_t rounds;     /* HG_MIN_ROUNDS to HG_MOST_ROUNDS */
    uint64_t seed;
    bool verify;               /* walk every stack, and fail if the context cache was ever wrong */
    double time_limit_seconds; /* of the first process; four times that for one with four times the ops */
    double budget_seconds;     /* of all processes of the cell; 0: none */
    uint64_t memory_limit_bytes;
    double max_bytes_per_op;
    double max_slowdown; /* against the subject HG_REFERENCE; 0: none */
    double rate_per_hour;
    hg_note_record note_record; /* sees each sound record before it is gone; NULL: nobody does */
    hg_note_after note_after;   /* sees such stacks of each fault of a torture; NULL: nobody does */
    void *note_of;
    const hg_bounds *bounds[2]; /* of holders; the first ones go first. NULL: none */
    hg_undeclared undeclared;
    bool by_holder; /* leaks are declared by who holds them */
} hg_cell_plan;

/* The ops of warm-up that are wanted at least, from the command line or the plug-in; 0: no opinion. */
uint64_t hg_cell_plan_warmup(const hg_cell_plan *plan);

/* The rounds of a run whose measured ones have so many ops; warm-up rounds are as long, or longer. */
hg_run_plan hg_cell_plan_rounds(const hg_cell_plan *plan, uint64_t round_ops);

/* The rounds of a run of so many measured ops, in whole rounds. ops: 0 for the plan's. */
hg_run_plan hg_cell_plan_run(const hg_cell_plan *plan, uint64_t ops);

/* Whether holders of the cell are to be kept within bounds. */
bool hg_cell_plan_has_bounds(const hg_cell_plan *plan);

/* Fills the fields of a cell that follow from its plan. False when memory ran out. */
bool hg_cell_label(const hg_cell_plan *plan, hg_cell *cell);

#endif
