/*
 * The alert of a program that is watched and served: the line that says so, and a snapshot in the folder of
 * --out (snapshots.h).
 *
 * A leak is told when it has been seen for HG_ALERT_SECONDS, at the same call paths and the same rate. Once
 * the program is clean, that is told, too, and the next leak raises a new alert. With --holders the program
 * is asked who holds its blocks, for which the snapshot waits. What cannot be written is told once, and tried
 * again.
 *
 * In the server's process, on its one thread.
 */
#ifndef HG_CLI_EXEC_ALERT_H
#define HG_CLI_EXEC_ALERT_H

#include "serve/pages.h"
#include <limits.h>
#include <stdbool.h>

#define HG_ALERT_SECONDS 10.0

typedef struct hg_exec_alert {
    const char *folder;  /* NULL: no snapshots */
    unsigned most_a_day; /* of them */
    bool asks_holders;   /* whoever started this process answers SIGUSR2 */
    hg_run *suspect;     /* as judged when the leak was first seen; NULL: none is */
    double suspected_at; /* seconds, monotonic */
    bool raised;         /* and not over */
    bool owes_snapshot;
    double due; /* when the snapshot is written, holders or not */
    int error;  /* of the last attempt, already told */
} hg_exec_alert;

/* The pages have a new verdict; path: of its run.json. */
void hg_exec_alert_judged(hg_exec_alert *alert, hg_pages *pages, const char *path);

/* Writes the snapshot that is due. over: the program has ended, and it is now or never. */
void hg_exec_alert_step(hg_exec_alert *alert, hg_pages *pages, bool over);

/* Milliseconds until the next step has something to do; INT_MAX: nothing. */
int hg_exec_alert_wait_ms(const hg_exec_alert *alert);

void hg_exec_alert_clear(hg_exec_alert *alert);

#endif
