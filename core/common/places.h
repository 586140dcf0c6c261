/*
 * A lock that many threads take at once to read, each in a place of its own, and that one takes in all places
 * to change something. Readers on different processors pass no cache line to and fro; a change costs as many
 * locks as there are places.
 *
 * A thread is given a place when it first needs one, in turn. Threads that share one wait for each other,
 * which is slower and no mistake.
 */
#ifndef TOKA_PLACES_H
#define TOKA_PLACES_H

#include "list.h"

#include <pthread.h>
#include <stdint.h>

#define TOKA_PLACES 4u

typedef struct toka_place {
    pthread_mutex_t lock; /* guards what follows, which is the owner's */
    uint64_t served;      /* ops: found in a cache, or dispatched */
    toka_list running;
    char apart[192]; /* from the next place: processors fetch lines of 64 bytes in pairs */
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

/* To read, and to change what allows for that. Gives this thread's place. */
toka_place *toka_places_lock_own(toka_place places[TOKA_PLACES]);
void toka_places_unlock_own(toka_place *place);

/* To change. Holding one's own place is not enough, and too much: it must be given back first. */
void toka_places_lock_all(toka_place places[TOKA_PLACES]);
void toka_places_unlock_all(toka_place places[TOKA_PLACES]);

#endif
