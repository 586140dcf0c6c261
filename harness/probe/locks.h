/*
 * The probe's locks, and the order in which a thread may take them: from the top of the list down, so that no
 * two threads wait for each other. A thread that holds one may skip those below it, but never goes back up.
 * Debug builds check the order, and that a lock is given back by the thread that took it.
 *
 * Whoever holds one is at work for the probe (hg_counting_busy): the allocations that it makes meanwhile pass
 * straight through and take no lock.
 */
#ifndef HG_PROBE_LOCKS_H
#define HG_PROBE_LOCKS_H

#include <stdbool.h>

typedef enum hg_lock {
    HG_LOCK_MAPPINGS, /* the table of mappings, and the system call that changes them */
    HG_LOCK_THREADS,  /* the list of threads, who has which, and the number of shards */
    HG_LOCK_CONTEXTS, /* appending to the record's contexts, frames and modules, and to the known stacks */
    HG_LOCK_COUNT
} hg_lock;

void hg_lock_take(hg_lock which);
void hg_lock_give_back(hg_lock which);

/* Around fork: no other thread holds a lock while the process is copied. */
void hg_locks_take_all(void);
void hg_locks_give_back_all(void);

/* In a forked child that begins to count: all are free, whoever held them. No other thread runs. */
void hg_locks_reset(void);

/* For assertions: whether the calling thread holds it. Builds with NDEBUG do not know. */
bool hg_lock_is_held(hg_lock which);

#endif
