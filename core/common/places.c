#include "places.h"

#include <assert.h>
#include <stdatomic.h>

_Thread_local unsigned toka_place_of_thread;
static atomic_uint places_given;

#ifdef NDEBUG
#define note_held(of, in_all) ((void)0)
#else
static _Thread_local struct {
    const toka_place *places; /* NULL: holds no lock */
    bool all;
} held;

static void note_held(const toka_place *places, bool all)
{
    held.places = places;
    held.all = all;
}

bool toka_places_hold_none(void)
{
    return !held.places;
}

bool toka_places_hold_any(const toka_place places[TOKA_PLACES])
{
    return held.places == places;
}

bool toka_places_hold_all(const toka_place places[TOKA_PLACES])
{
    return held.places == places && held.all;
}
#endif

bool toka_places_init(toka_place places[TOKA_PLACES])
{
    for (unsigned i = 0; i < TOKA_PLACES; i++) {
        places[i].served = 0;
        toka_list_init(&places[i].running);
        if (pthread_mutex_init(&places[i].lock, NULL) != 0) {
            while (i-- > 0)
                pthread_mutex_destroy(&places[i].lock);
            return false;
        }
    }
    return true;
}

void toka_places_destroy(toka_place places[TOKA_PLACES])
{
    for (unsigned i = 0; i < TOKA_PLACES; i++)
        pthread_mutex_destroy(&places[i].lock);
}

unsigned toka_place_give(void)
{
    toka_place_of_thread =
        atomic_fetch_add_explicit(&places_given, 1, memory_order_relaxed) % TOKA_PLACES + 1;
    return toka_place_of_thread;
}

toka_place *toka_places_lock_own(toka_place places[TOKA_PLACES])
{
    toka_place *place = &places[toka_place_number()];

    assert(toka_places_hold_none());
    pthread_mutex_lock(&place->lock);
    note_held(places, false);
    return place;
}

void toka_places_unlock_own(toka_place *place)
{
    assert(toka_places_hold_any(place - toka_place_number()) && !held.all);
    note_held(NULL, false);
    pthread_mutex_unlock(&place->lock);
}

void toka_places_lock_all(toka_place places[TOKA_PLACES])
{
    assert(toka_places_hold_none());
    for (unsigned i = 0; i < TOKA_PLACES; i++)
        pthread_mutex_lock(&places[i].lock);
    note_held(places, true);
}

void toka_places_unlock_all(toka_place places[TOKA_PLACES])
{
    assert(toka_places_hold_all(places));
    note_held(NULL, false);
    for (unsigned i = TOKA_PLACES; i-- > 0;)
        pthread_mutex_unlock(&places[i].lock);
}

void toka_run_begin(toka_place *place, toka_run *run, const void *element)
{
    run->element = element;
    toka_list_push_front(&place->running, &run->link);
}

void toka_run_end(toka_run *run)
{
    toka_list_remove(&run->link);
}

size_t toka_runs_of(const toka_place places[TOKA_PLACES], const void *element)
{
    size_t count = 0;

    assert(toka_places_hold_all(places));
    for (unsigned i = 0; i < TOKA_PLACES; i++) {
        const toka_list *runs = &places[i].running;

        for (const toka_list *link = runs->next; link != runs; link = link->next)
            count += TOKA_CONTAINER_OF(link, const toka_run, link)->element == element;
    }
    return count;
}
