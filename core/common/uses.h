/*
 * Finds the least recently used of many elements, although threads use them at the same time under a shared
 * lock and so must not write to anything that they share.
 *
 * A use is the processor's time stamp, stored in the element itself. A heap orders the elements by a use that
 * was once their last. If the element at the root was used since, it moves down; if it was not, no other
 * element can be older. So a use costs one store, and finding the oldest element costs a logarithmic step for
 * each element that was used since the last search.
 *
 * The order is exact for one thread. If threads take turns to use one element, only the first of its uses
 * within TOKA_USES_BLUR ticks is stored, so that their processors do not compete for its cache line. Its last
 * use may therefore seem older by that time.
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
