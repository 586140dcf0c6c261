/*
 * A lock with a place for each thread. A reader locks its own place, so threads can read at the same time; a
 * writer locks all places. Readers on different processors do not share a cache line. A write costs as many
 * locks as there are places.
 *
 * A thread gets its place when it first needs one; places are given out in turn. Threads that share a place
 * wait for each other, which is slower but correct.
 *
 * The lock order of libtoka: a thread holds one lock at a time. It is one of
 *   - the places of the registry or of a store: its own place, or all places in the order of their numbers;
 *   - the recorder's lock (record.c);
 *   - the monitor's lock (monitor.c).
 * libtoka calls no function of the program under a lock, except the registry's clock, which must not call
 * libtoka. In builds with assertions, the functions below, the recorder and the monitor check this order.
 */
#ifndef TOKA_PLACES_H
#define TOKA_PLACES_H

#include "list.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKA_PLACES 4u

typedef struct toka_place {
    pthread_mutex_t lock; /* guards what follows, which is the owner's */
    uint64_t served;      /* ops: found in a cache, or dispatched */
    toka_list running;    /* the runs of its threads */
    char apart[192];      /* from the next place: processors fetch lines of 64 bytes in pairs */
} toka_place;

/* False when a lock cannot be had; then there is nothing to destroy. */
bool toka_places_init(toka_place places[TOKA_PLACES]);
void toka_places_destroy(toka_place places[TOKA_PLACES]);

/* From 1; 0: not given yet. In the static block, where reading it is one instruction and allocates
 * nothing. */
extern _Thread_local unsigned toka_place_of_thread
    __attribute__((visibility("hidden"), tls_model("initial-exec")));
unsigned toka_place_give(void);

/* This thread's place, from 0. */
static inline unsigned toka_place_number(void)
{
    return (toka_place_of_thread ? toka_place_of_thread : toka_place_give()) - 1;
}

/* For assertions only. Any: the thread holds its own place or all places. */
#ifndef NDEBUG
bool toka_places_hold_none(void);
bool toka_places_hold_any(const toka_place places[TOKA_PLACES]);
bool toka_places_hold_all(const toka_place places[TOKA_PLACES]);
#endif

/* To read, and to change what is atomic. Returns this thread's place. */
toka_place *toka_places_lock_own(toka_place places[TOKA_PLACES]);
void toka_places_unlock_own(toka_place *place);

/* To change anything. The thread must not hold its own place. */
void toka_places_lock_all(toka_place places[TOKA_PLACES]);
void toka_places_unlock_all(toka_place places[TOKA_PLACES]);

/*
 * A thread that uses an element outside the lock has a run on its stack. The run begins and ends on that
 * thread, while it holds its own place. To remove an element, a thread holds all places and counts the
 * element's runs: if there are any, the last run frees the element.
 */
typedef struct toka_run {
    toka_list link;
    const void *element;
} toka_run;

void toka_run_begin(toka_place *place, toka_run *run, const void *element);
void toka_run_end(toka_run *run);
size_t toka_runs_of(const toka_place places[TOKA_PLACES], const void *element);

#endif
