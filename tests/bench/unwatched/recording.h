/* In the place of core/common/recording.h: nothing is told. For ./dev bench monitor. */
#ifndef TOKA_RECORDING_H
#define TOKA_RECORDING_H

#include <stdbool.h>
#include <toka/registry.h>
#include <toka/schema_store.h>

#define TOKA_RECORD(...)                        ((void)0)
#define toka_recording_next_store()             ((uint64_t)0)
#define toka_recording_clock(clock, clock_data) ((void)0)

typedef struct toka_recorded_store {
    uint64_t number;
    const toka_schema_store_options *options;
} toka_recorded_store;

toka_recorded_store toka_schema_store_recorded(const toka_schema_store *store);

#endif
