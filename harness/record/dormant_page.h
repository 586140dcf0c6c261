/*
 * The page by which a dormant probe is woken and put back to sleep: HEAPGATE=dormant in the environment of a
 * process that has the probe preloaded.
 *
 * The probe makes it when the process starts: a file in memory of this name, of which the process keeps a
 * descriptor and a mapping. Whoever may open it through /proc/PID/fd (the same user, or root) may wake the
 * probe. It cannot be cut. Who attaches holds a lock (flock) on it, which ends with him.
 *
 *   to wake   store 0 in asleep. The next allocation of the process finds that, makes a record or empties the
 *             one that it has, begins to count, and adds 1 to woken. Or it fails: sets error and asleep.
 *   to sleep  store 1 in asleep, then HG_DORMANT_EPOCH in the record's epoch. No thread has a row of counters
 *             for that epoch, so the next allocation of each thread asks, and finds that it is to stop.
 */
#ifndef HG_RECORD_DORMANT_PAGE_H
#define HG_RECORD_DORMANT_PAGE_H

#include "record/record.h"

#define HG_ENV_DORMANT     "HEAPGATE"
#define HG_DORMANT_VALUE   "dormant"
#define HG_DORMANT_NAME    "heapgate-dormant"
#define HG_DORMANT_MAGIC   "hgdor\0\0"
#define HG_DORMANT_VERSION 1u
#define HG_DORMANT_BYTES   4096u

/* The last epoch of the record of a dormant process: nobody counts in it. */
#define HG_DORMANT_EPOCH (HG_MAX_EPOCHS - 1)

/* What asleep is in a process that counts, and follows some of its blocks only (probe/sampling.h). */
#define HG_DORMANT_RESTING 2u

typedef struct hg_dormant_page {
    char magic[8];
    uint32_t version, record_version;
    _Atomic int32_t owner;     /* the process, as it knows itself */
    _Atomic int32_t record_fd; /* its descriptor of the record; -1: it has not been woken yet */
    _Atomic uint32_t asleep;
    _Atomic uint32_t woken; /* how often it has begun to count */
    _Atomic int32_t error;  /* errno of the latest attempt to wake; 0: it did */
    _Atomic uint32_t leave; /* whoever is attached is to detach */
} hg_dormant_page;

#endif
