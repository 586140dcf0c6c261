/* In the place of core/common/meters.h: what counts in libtoka counts nothing. For ./dev bench monitor. */
#ifndef TOKA_METERS_H
#define TOKA_METERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKA_METER_NO_LIMIT ((uint64_t)1 << 48)

#define toka_meter_limit(limit)            ((void)(limit), (uint64_t)0)
#define toka_meter_read(meter)             ((uint64_t)0)
#define toka_meter_set(meter, value)       ((void)(value))
#define toka_meter_add(meter, amount)      ((void)(amount))
#define toka_meter_subtract(meter, amount) ((void)(amount))
#define toka_meter_count(meter)            ((void)0)
#define toka_meter_op(meter)               ((void)0)
#define toka_meter_tally(tally, amount)    ((void)0)
#define toka_meter_tally_op(meters, tally) ((void)(tally), false)
#define toka_monitor_sample()              ((void)0)

typedef struct toka_registry_meters {
    uint64_t registrations, unregistrations, tag_bytes;
} toka_registry_meters;

#define TOKA_REGISTRY_METERS_BEGIN                                                                           \
    {                                                                                                        \
        0                                                                                                    \
    }

extern void (*toka_registry_show_meters)(void) __attribute__((visibility("hidden")));

#endif
