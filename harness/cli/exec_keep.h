/*
 * Keeping run.json up to date while a program is watched: as it would be if the program ended now. A separate
 * process judges and writes it, from a copy of the counts, so that watching never waits and no round ends
 * late. It also prints who holds what, whenever somebody has asked for that with SIGUSR2.
 */
#ifndef HG_CLI_EXEC_KEEP_H
#define HG_CLI_EXEC_KEEP_H

#include "cli/exec_serve.h"
#include "exec/cells.h"

typedef struct hg_exec_keep {
    const char *folder;         /* NULL: no run.json is kept */
    const hg_exec_serve *serve; /* also told of every verdict; NULL: nobody serves */
    const hg_cells_plan *how;
    hg_run *run;      /* labelled, without cells, and left so */
    pid_t writer;     /* 0: none */
    bool tells;       /* it prints who holds what; it is not ended before it has */
    uint32_t answers; /* of the program's scans, as of the last writer */
    uint32_t noted;   /* checkpoints of the program when it was last written */
    double next;      /* seconds, monotonic: not before */
    int error;        /* of the last writer, already told */
    bool started;
} hg_exec_keep;

/* To be called often, with an hg_exec_keep as the data: writes if there is a new round and it is time. */
void hg_exec_keep_progress(const hg_session *session, void *keep);

/* Ends a writer that is still running; one that prints is waited for. Afterwards only the caller writes to
 * the folder. */
void hg_exec_keep_stop(hg_exec_keep *keep);

#endif
