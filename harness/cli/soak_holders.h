/*
 * What is done when a soak raises an alert, by a process beside it, while the soak goes on. At the first one
 * it runs the workload once more, as at the end of a soak, to find out who holds the blocks. A soak that is
 * served leaves a snapshot of each (snapshots.h).
 */
#ifndef HG_CLI_SOAK_HOLDERS_H
#define HG_CLI_SOAK_HOLDERS_H

#include "cli/options.h"
#include "soak/publish.h"
#include <signal.h>

typedef struct hg_soak_holders {
    const hg_options *options;
    const volatile sig_atomic_t *stop;
    const hg_publisher *publisher; /* NULL: nobody serves, and there are no snapshots */
    unsigned snapshots;            /* at most so many a day */
    pid_t finder;                  /* 0: none */
    bool started;                  /* once: later alerts are told without */
} hg_soak_holders;

/* An alert was raised. Writes a snapshot, and at the first one alert.json, to the folder, and prints a line
 * or two unless that is unwanted. */
void hg_soak_holders_find(hg_soak_holders *holders, hg_soak *soak);

/* The soak is over: waits, but not after it was told to stop. */
void hg_soak_holders_end(hg_soak_holders *holders);

/* Removes what an earlier soak left in the folder, which may be NULL. */
void hg_soak_holders_clear(const char *folder);

#endif
