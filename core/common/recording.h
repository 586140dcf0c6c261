/*
 * Where libtoka's functions report their calls to the recorder (toka/record.h). Without a recording this
 * costs the load of one flag. The caller must hold no lock, because the recorder takes its own and reads the
 * registry's clock under it.
 *
 *     TOKA_RECORD(register, tag);
 */
#ifndef TOKA_RECORDING_H
#define TOKA_RECORDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <toka/record.h>
#include <toka/registry.h>
#include <toka/schema_store.h>

extern atomic_bool toka_recording_on __attribute__((visibility("hidden")));

/* Not in the way of the code that does not record. */
#define TOKA_COLD __attribute__((cold))

static inline bool toka_is_recorded(void)
{
    return __builtin_expect(atomic_load_explicit(&toka_recording_on, memory_order_relaxed), false);
}

#define TOKA_RECORD(op, ...)                                                                                 \
    do {                                                                                                     \
        if (toka_is_recorded())                                                                              \
            toka_recording_##op(__VA_ARGS__);                                                                \
    } while (0)

/* What the log says of a store: the number it was given when it was made, and its options. */
typedef struct toka_recorded_store {
    uint64_t number;
    const toka_schema_store_options *options;
} toka_recorded_store;

/* The next number for a store, from 1. */
uint64_t toka_recording_next_store(void);

/* Of a store; each build has its own struct. Lives as long as the store. */
toka_recorded_store toka_schema_store_recorded(const toka_schema_store *store);

/* which may be NULL. */
TOKA_COLD void toka_recording_compile(toka_recorded_store store, toka_text text, const char *which);
/* After the op; schema is what it gave, NULL after a failure. */
TOKA_COLD void toka_recording_get(toka_recorded_store store, toka_text text, const char *which,
                                  toka_schema *schema);
TOKA_COLD void toka_recording_free_store(uint64_t number);

TOKA_COLD void toka_recording_validate(const toka_schema *schema, const json_t *instance);

/* Until toka_recording_manifest_end on this thread, the stores' ops are taken as part of the manifest. */
TOKA_COLD void toka_recording_manifest(toka_recorded_store store, toka_text text);
TOKA_COLD void toka_recording_manifest_end(void);

/* Before the op. The tag is neither empty nor too long. */
TOKA_COLD void toka_recording_register(const char *tag);
TOKA_COLD void toka_recording_unregister(const char *tag);
TOKA_COLD void toka_recording_dispatch(const char *tag);
TOKA_COLD void toka_recording_sweep(uint64_t idle_ms); /* 0: a clear */
TOKA_COLD void toka_recording_limit(size_t max_handlers);

/* The registry has another clock; NULL is the monotonic one. Called also while nothing is recorded. */
TOKA_COLD void toka_recording_clock(toka_clock_fn clock, void *clock_data);

#endif
