/*
 * Which of many elements was used least recently, where using one must not change what they have in common:
 * threads use elements at once under a lock that they share.
 *
 * A use is a number, the processor's time stamp, in the element itself. A heap holds the elements by a use
 * that was their last once. What lies at its root is moved down as long as it was used since; once it was
 * not, nothing else can be older. So each use is one store, and finding the oldest takes the logarithm of the
 * number of elements for each that was used since it was last looked at.
 *
 * The order is exact for one thread. Where threads use one element in turn, of its uses within TOKA_USES_BLUR
 * ticks only the first is noted, so that their processors do not fight over it: its last use may count as
 * that much earlier.
 */
#ifndef TOKA_USES_H
#define TOKA_USES_H

#include "clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* About three milliseconds. */
#define TOKA_USES_BLUR ((uint64_t)1 << 23)

typedef struct toka_use {
    size_t at;             /* in the heap */
    uint64_t known;        /* the use that it lies there by */
    _Atomic uint64_t last; /* of its uses */
    atomic_uint by;        /* the place of the thread that noted it */
    atomic_bool shared;    /* a thread in another place used it since */
} toka_use;

#define TOKA_USES_FIRST_ROOM 16u

/* All zero is empty. */
typedef struct toka_uses {
    toka_use **more;    /* NULL: `first` is in use */
    size_t count, room; /* room: of `more` */
    toka_use *first[TOKA_USES_FIRST_ROOM];
} toka_uses;

/* Notes a use by a thread in this place. Many threads at once, while none adds, removes or looks. */
static inline void toka_use_note(toka_use *use, unsigned place)
{
    uint64_t now = toka_clock_ticks();
    bool ours = atomic_load_explicit(&use->by, memory_order_relaxed) == place;
    bool shared = atomic_load_explicit(&use->shared, memory_order_relaxed);

    if ((!ours || shared) && now - atomic_load_explicit(&use->last, memory_order_relaxed) < TOKA_USES_BLUR) {
        if (!shared)
            atomic_store_explicit(&use->shared, true, memory_order_relaxed);
        return;
    }
    if (!ours)
        atomic_store_explicit(&use->by, place, memory_order_relaxed);
    if (shared)
        atomic_store_explicit(&use->shared, false, memory_order_relaxed);
    atomic_store_explicit(&use->last, now, memory_order_relaxed);
}

/* What follows is for one thread at a time. */

/* Makes room for one more; false when memory ran out, and nothing has changed. */
bool toka_uses_make_room(toka_uses *uses);
/* Adds one that is used now, by a thread in this place; there is room. */
void toka_uses_add(toka_uses *uses, toka_use *use, unsigned place);
void toka_uses_remove(toka_uses *uses, toka_use *use);
/* The least recently used, or NULL. */
toka_use *toka_uses_oldest(toka_uses *uses);
/* Forgets all, and gives its memory back. */
void toka_uses_clear(toka_uses *uses);

#endif
