/*
 * One cell: a workload against a subject on an allocator, from its plan to its verdict.
 *
 * A cell runs in a process of its own, which the driver starts, watches and reads when it is gone. It runs
 * again, in a fresh process and four times as long, warm-up and all, as looks.h says. A look that crashes, ends
 * the process, fails or hangs fails the cell, whichever look it is, and what was measured before stands beside
 * it; one that takes too long takes nothing back, but what wanted it for confirmation becomes inconclusive. The
 * budget bounds the time of all runs together, and is the only clock that a verdict can depend on.
 */
#ifndef HG_DRIVER_CELL_H
#define HG_DRIVER_CELL_H

#include "model/model.h"
#include "process/process.h"
#include "record/record.h"
#include "symbols/symbols.h"
#include "verdict/sites.h"

#define HG_DEFAULT_OPS    10000u
#define HG_MOST_OPS       (UINT64_C(1) << 40)
#define HG_DEFAULT_ROUNDS 10u
#define HG_MOST_ROUNDS    200u
#define HG_WARMUP_ROUNDS  2u

/* What a plug-in says about itself; "" and 0 where it says nothing. */
typedef struct hg_description {
    char name[64], unit[64];
    uint64_t default_ops, warmup_ops;
} hg_description;

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
    const char *reproduce;         /* the command, without --ops */
    bool exact_ops; /* the first look has as many as the command line says */
    bool quick;     /* one look, whatever it says */
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
} hg_cell_plan;

typedef struct hg_cell_run hg_cell_run;

/* What the runner is started for. */
typedef enum hg_launch {
    HG_LAUNCH_DESCRIBE,
    HG_LAUNCH_ROUNDS, /* the whole run, under the probe; ops are those of a round */
    HG_LAUNCH_SPEED,  /* without the probe; ops are all there are */
    HG_LAUNCH_PACE,   /* the same, but only to find out how many to time */
} hg_launch;

/*
 * Starts the runner for a plan. Gives the record, the caller's to close together with its descriptor. 0 or a
 * negative errno, with nothing left.
 */
int hg_cell_launch(const hg_cell_plan *plan, hg_launch what, uint64_t warmup_ops, uint64_t ops,
                   hg_record *ret_record, int *ret_record_fd, hg_process *ret_process);

/* A tool of others that watches the process instead of the probe. */
typedef struct hg_watcher {
    const char *const *words;     /* in front of the runner's own, [0] an absolute path; NULL-terminated */
    const char *const *variables; /* NAME=VALUE; NULL-terminated */
    const char *preload;          /* paths without a space, separated by colons; "" for none */
} hg_watcher;

/*
 * Starts the whole run of a plan under a tool, without the probe and on a bare record; otherwise like
 * hg_cell_launch. -E2BIG when the tool has too many words or variables.
 */
int hg_cell_launch_watched(const hg_cell_plan *plan, const hg_watcher *watcher, uint64_t warmup_ops_per_round,
                           uint64_t ops_per_round, hg_record *ret_record, int *ret_record_fd,
                           hg_process *ret_process);

/* What the plan comes to in whole rounds: ops of a warm-up round and of a measured one. ops: 0 for the
 * plan's. */
void hg_cell_round_sizes(const hg_cell_plan *plan, uint64_t ops, uint64_t *ret_warmup,
                         uint64_t *ret_measured);
/* How a soak's ops are spread over time; runner.c tells more. */
typedef struct hg_soak_pace {
    uint64_t warmup_ops; /* first, as fast as it goes; 1 at least */
    uint64_t round_ops;  /* of an epoch of length 1; 0: what is done in round_ns */
    int64_t period_ns;   /* from op to op; 0: as fast as it goes */
    int64_t round_ns;
} hg_soak_pace;

/* The same for a run that goes on until header->told_to_end is set. */
int hg_cell_launch_soak(const hg_cell_plan *plan, const hg_soak_pace *pace, hg_record *ret_record,
                        int *ret_record_fd, hg_process *ret_process);

/*
 * Puts a copy of a text, or a sentence, into a string of a cell; it may be made of the one that was there.
 * Without memory the string keeps what it had, and the answer is false.
 */
bool hg_cell_set(char **field, const char *text);
bool hg_cell_say(char **field, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fills the fields of a cell that follow from its plan. False when memory ran out. */
bool hg_cell_label(const hg_cell_plan *plan, hg_cell *cell);

/* Which modules are whose in a cell of the plan; strings are the plan's. */
hg_territory hg_cell_territory(const hg_cell_plan *plan);

/* "in op 12", or the phase that the process had come to: where it is, or ended. */
void hg_cell_whereabouts(const hg_record *record, char *ret_text, size_t size);

#define HG_ENDING_BYTES (HG_MESSAGE + 128) /* room for one sentence on how a process ended */

/*
 * How a process ended by itself, in one sentence: "the workload crashed in op 12: signal 11 (Segmentation
 * fault)", or what the runner said. Empty where it ended as it should, or was stopped at a limit.
 */
void hg_cell_ending(const hg_process *process, const hg_record *record, char *ret_text, size_t size);

/* Strings of the plan are borrowed and must outlive the run. NULL when memory ran out. */
hg_cell_run *hg_cell_start(const hg_cell_plan *plan);

/* Moves on as far as possible without blocking. True when the result is there. */
bool hg_cell_poll(hg_cell_run *run, hg_symbols *symbols);

/* Descriptors that become readable when hg_cell_poll has something to do; -1 where none is open. */
void hg_cell_descriptors(const hg_cell_run *run, int ret_fds[2]);

/* Moves the result into cell, which hg_run_add_cell made. */
void hg_cell_take(hg_cell_run *run, hg_cell *cell);

/* Stops the process, if one runs. NULL is fine. */
void hg_cell_free(hg_cell_run *run);

#endif
