/*
 * Where libtoka counts its work and its memory, for toka/monitor.h. The meters belong to the process and may
 * be used from any thread. Counting is one relaxed atomic addition, because every op pays for it and the
 * figures need no order among themselves; the registry counts under its lock, see below. Ops are counted in
 * the place of the thread, so that threads do not share a cache line. Memory is not: a sum of places, read
 * while one thread adds and another subtracts, could be negative.
 */
#ifndef TOKA_METERS_H
#define TOKA_METERS_H

#include "places.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <toka/monitor.h>

/* A meter for every counter, for what gauges are made of, and for what only the watch needs. */
typedef enum toka_meter {
#define TOKA_METER(name, ...) TOKA_METER_##name,
    TOKA_MONITOR_COUNTERS(TOKA_METER) TOKA_MONITOR_GAUGES(TOKA_METER)
#undef TOKA_METER
        TOKA_METER_cached_schema_bytes, /* of the schema_bytes, held by caches */
    TOKA_METERS,
} toka_meter;

/* Hidden here too: without that each count would look its address up. */
extern _Atomic uint64_t toka_meters[TOKA_METERS] __attribute__((visibility("hidden")));

/* Ops, to be added to the above. */
typedef struct toka_op_meters {
    _Alignas(64) _Atomic uint64_t counts[TOKA_METERS];
} toka_op_meters;

extern toka_op_meters toka_ops[TOKA_PLACES] __attribute__((visibility("hidden")));

/* Limits from here on are none. Bounds what one store may add to the sum of all. */
#define TOKA_METER_NO_LIMIT ((uint64_t)1 << 48)

static inline uint64_t toka_meter_limit(size_t limit)
{
    return limit < TOKA_METER_NO_LIMIT ? limit : TOKA_METER_NO_LIMIT;
}

/* Counts an op; how many its place had counted before. */
static inline uint64_t toka_meter_count(toka_meter meter)
{
    return atomic_fetch_add_explicit(&toka_ops[toka_place_number()].counts[meter], 1, memory_order_relaxed);
}

/* Of what is held; ops are not in it. */
static inline uint64_t toka_meter_read(toka_meter meter)
{
    return atomic_load_explicit(&toka_meters[meter], memory_order_relaxed);
}

static inline void toka_meter_set(toka_meter meter, uint64_t value)
{
    atomic_store_explicit(&toka_meters[meter], value, memory_order_relaxed);
}

static inline void toka_meter_add(toka_meter meter, uint64_t amount)
{
    atomic_fetch_add_explicit(&toka_meters[meter], amount, memory_order_relaxed);
}

static inline void toka_meter_subtract(toka_meter meter, uint64_t amount)
{
    atomic_fetch_sub_explicit(&toka_meters[meter], amount, memory_order_relaxed);
}

/* The watch takes one sample in so many ops. */
#define TOKA_METER_OPS_PER_SAMPLE 128u

/*
 * The registry's ops are short, so it counts under its own lock, an instruction each, and shows what it
 * counted in the meters above when it is asked, and before each of its samples.
 */
typedef struct toka_registry_meters {
    uint64_t registrations, unregistrations;
    uint64_t tag_bytes; /* of the entries, without the NULs; their number is the table's */
    uint32_t left;      /* ops until the next sample */
} toka_registry_meters;

#define TOKA_REGISTRY_METERS_BEGIN                                                                           \
    {                                                                                                        \
        .left = TOKA_METER_OPS_PER_SAMPLE                                                                    \
    }

/* Brings the registry's meters up to date; takes its lock. Set as the library is loaded. */
extern void (*toka_registry_show_meters)(void) __attribute__((visibility("hidden")));

/* Adds to what a lock guards. */
static inline void toka_meter_tally(uint64_t *tally, uint64_t amount)
{
    *tally += amount;
}

/* Counts an op under the registry's lock; true for every 128th, after which a sample is due. */
static inline bool toka_meter_tally_op(toka_registry_meters *meters, uint64_t *tally)
{
    ++*tally;
    if (__builtin_expect(--meters->left > 0, true))
        return false;
    meters->left = TOKA_METER_OPS_PER_SAMPLE;
    return true;
}

/* Shows the watch what is held now. May call the program's alert: no lock may be held. */
void toka_monitor_sample(void);

/*
 * Counts an op that is over and may have changed what is held, and has every 128th of its kind in its place
 * looked at. What the op held for its own time must be dropped by now; no lock may be held.
 */
static inline void toka_meter_op(toka_meter meter)
{
    if (toka_meter_count(meter) % TOKA_METER_OPS_PER_SAMPLE == TOKA_METER_OPS_PER_SAMPLE - 1)
        toka_monitor_sample();
}

#endif
