#include "places.h"

#include <stdatomic.h>

_Thread_local unsigned toka_place_of_thread;
static atomic_uint places_given;

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

    pthread_mutex_lock(&place->lock);
    return place;
}

void toka_places_unlock_own(toka_place *place)
{
    pthread_mutex_unlock(&place->lock);
}

void toka_places_lock_all(toka_place places[TOKA_PLACES])
{
    for (unsigned i = 0; i < TOKA_PLACES; i++)
        pthread_mutex_lock(&places[i].lock);
}

void toka_places_unlock_all(toka_place places[TOKA_PLACES])
{
    for (unsigned i = TOKA_PLACES; i-- > 0;)
        pthread_mutex_unlock(&places[i].lock);
}
