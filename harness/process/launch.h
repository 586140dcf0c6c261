/*
 * How processes that are measured are started: the runner of a cell, and any program.
 *
 * Both get this process's environment. Preloaded are, in this order, the probe, the allocator that was asked
 * for, and what LD_PRELOAD held already: a library that the program needs stays. Only heapgate's own probe
 * is not passed on, so that a heapgate below another one measures for itself alone.
 */
#ifndef HG_PROCESS_LAUNCH_H
#define HG_PROCESS_LAUNCH_H

#include "process/plan.h"
#include "process/process.h"
#include <signal.h>

/* A process of a cell, and what it writes. */
typedef struct hg_launched {
    hg_record record;
    int record_fd; /* -1: no record */
    hg_process process;
} hg_launched;

/* A tool of others that watches the process instead of the probe. */
typedef struct hg_watcher {
    const char *const *words;     /* in front of the runner's own, [0] an absolute path; NULL-terminated */
    const char *const *variables; /* NAME=VALUE; NULL-terminated */
    const char *preload;          /* paths without a space, separated by colons; "" for none */
} hg_watcher;

/*
 * Starts the runner on a plan, on a new record and under the plan's limits. The probe is there where rounds
 * are measured, unless a watcher is, whose record is bare then; NULL: none. 0 or a negative errno, with
 * nothing left; ret_launched can be closed either way.
 */
int hg_launch_runner(const hg_cell_plan *plan, const hg_run_plan *run, const hg_watcher *watcher,
                     hg_launched *ret_launched);

/* Stops the process if it still runs, and closes the record. */
void hg_launched_close(hg_launched *launched);

typedef struct hg_program_launch {
    const char *path;              /* to be executed */
    char *const *arguments;        /* [0] as the user gave it; NULL-terminated */
    const char *probe;             /* absolute path */
    const char *allocator_library; /* preloaded after it; "" for the C library's own */
    int record_fd;                 /* stays here: the program opens it through /proc */
    const char *children;          /* HG_ENV_CHILDREN's value; "": children pass uncounted */
    const char *scan;              /* HG_ENV_SCAN's value; "": no scan */
    bool marks;                    /* the program's own marks (heapgate/mark.h) are checkpoints */
    int output;                    /* its standard output; -1: the caller's */
    const sigset_t *signals;       /* blocked in it */
} hg_program_launch;

/*
 * Starts a program with the probe in front of its allocator, and with nothing else changed: its descriptors,
 * signals, process group and terminal are the caller's own. 0, or a negative errno with nothing started.
 * ret_exit_fd: a pidfd. The program ends with its parent, by SIGTERM.
 */
int hg_launch_program(const hg_program_launch *launch, pid_t *ret_process, int *ret_exit_fd);

#endif
