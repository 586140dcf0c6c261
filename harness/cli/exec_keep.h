/*
 * What is on disk of a program that is watched, while it is watched: run.json as it would be if the program
 * ended now. A process of its own judges and writes it, from a copy of what was counted, so that the watching
 * never waits: rounds that end meanwhile would be late.
 */
#ifndef HG_CLI_EXEC_KEEP_H
#define HG_CLI_EXEC_KEEP_H

#include "cli/cli.h"
#include "exec/cells.h"

typedef struct hg_exec_keep {
    const char *folder; /* NULL: nothing is kept */
    const hg_cells_plan *how;
    hg_run *run;    /* labelled, without cells, and left so */
    pid_t writer;   /* 0: none at work */
    uint32_t noted; /* checkpoints of the program when it was last written */
    double next;    /* seconds, monotonic: not before */
    int error;      /* of the last writer, which was told */
    bool started;
} hg_exec_keep;

/* To be called often, with an hg_exec_keep as the data: writes when there is news and it is time. */
void hg_exec_keep_progress(const hg_session *session, void *keep);

/* Ends a writer that is still at work. Afterwards nothing but the caller writes to the folder. */
void hg_exec_keep_stop(hg_exec_keep *keep);

#endif
