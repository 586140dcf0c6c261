/*
 * Goal: a debug build stops at a lock that is taken against the order of probe/locks.h, and at a function
 * that is called without the lock that it needs.
 */
#include "probe/locks.h"
#include "probe/mappings.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(harness_locks, are_taken_downwards_and_may_be_skipped)
{
    hg_lock_take(HG_LOCK_MAPPINGS);
    hg_lock_take(HG_LOCK_CONTEXTS);
    cr_assert(hg_lock_is_held(HG_LOCK_MAPPINGS) && hg_lock_is_held(HG_LOCK_CONTEXTS));
    cr_assert(!hg_lock_is_held(HG_LOCK_THREADS));
    hg_lock_give_back(HG_LOCK_CONTEXTS);
    hg_lock_give_back(HG_LOCK_MAPPINGS);
    hg_locks_take_all();
    hg_locks_give_back_all();
    cr_assert(!hg_lock_is_held(HG_LOCK_MAPPINGS));
}

Test(harness_locks, one_taken_upwards_stops_the_process, .signal = SIGILL)
{
    hg_lock_take(HG_LOCK_CONTEXTS);
    hg_lock_take(HG_LOCK_MAPPINGS);
}

Test(harness_locks, one_taken_twice_stops_the_process, .signal = SIGILL)
{
    hg_lock_take(HG_LOCK_THREADS);
    hg_lock_take(HG_LOCK_THREADS);
}

Test(harness_locks, a_table_used_without_its_lock_stops_the_process, .signal = SIGILL)
{
    hg_mappings_knows(4096);
}
