/*
 * A lock that many threads take at once to read, each in a place of its own, and that one takes in all places
 * to change something. Readers on different processors pass no cache line to and fro; a change costs as many
 * locks as there are places.
 *
 * A thread is given a place when it first needs one, in turn. Threads that share one wait for each other,
 * which is slower and no mistake.
 *
 * The lock order of libtoka: a thread holds one lock at a time, which is one of
 *   - the places of the registry or of a store: the thread's own place, or all places in the order of their numbers;
 *   - the recorder's (record.c);
 *   - the monitor's (monitor.c).
 * No function of the program is called under a lock but the registry's clock, which must not call libtoka. In
 * builds with assertions the functions below, the recorder and the monitor check this.
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

/* For assertions only: whether this thread holds no lock in any places, one in its own or all places, one in all. */
#ifndef NDEBUG
bool toka_places_hold_none(void);
bool toka_places_hold_any(const toka_place places[TOKA_PLACES]);
bool toka_places_hold_all(const toka_place places[TOKA_PLACES]);
#endif

/* To read, and to change what allows for that. Gives this thread's place. */
toka_place *toka_places_lock_own(toka_place places[TOKA_PLACES]);
void toka_places_unlock_own(toka_place *place);

/* To change. The thread must have unlocked its own place before. */
void toka_places_lock_all(toka_place places[TOKA_PLACES]);
void toka_places_unlock_all(toka_place places[TOKA_PLACES]);

/*
 * An element that a thread runs outside the lock. A run lies on the stack of its thread; it begins and ends on
 * that thread, with the lock of its own place held. Who takes an element out holds all locks and counts its runs:
 * when there are any, the last of them frees the element.
 */
typedef struct toka_run {
    toka_list link;
    const void *element;
} toka_run;

void toka_run_begin(toka_place *place, toka_run *run, const void *element);
void toka_run_end(toka_run *run);
size_t toka_runs_of(const toka_place places[TOKA_PLACES], const void *element);

#endif
