#include "probe/locks.h"

#include "record/assert.h"
#include <pthread.h>

static pthread_mutex_t locks[HG_LOCK_COUNT] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                               PTHREAD_MUTEX_INITIALIZER};
static __thread volatile unsigned held; /* a bit a lock */

bool hg_lock_is_held(hg_lock which)
{
    return (held >> which & 1u) != 0;
}

void hg_lock_take(hg_lock which)
{
    HG_PROBE_ASSERT(held >> which == 0); /* neither this one nor one below it */
    pthread_mutex_lock(&locks[which]);
    held |= 1u << which;
}

void hg_lock_give_back(hg_lock which)
{
    HG_PROBE_ASSERT(hg_lock_is_held(which));
    held &= ~(1u << which);
    pthread_mutex_unlock(&locks[which]);
}

void hg_locks_take_all(void)
{
    for (unsigned i = 0; i < HG_LOCK_COUNT; i++)
        hg_lock_take(i);
}

void hg_locks_give_back_all(void)
{
    for (unsigned i = HG_LOCK_COUNT; i-- > 0;)
        hg_lock_give_back(i);
}

void hg_locks_reset(void)
{
    held = 0;
    for (unsigned i = 0; i < HG_LOCK_COUNT; i++)
        pthread_mutex_init(&locks[i], NULL);
}
