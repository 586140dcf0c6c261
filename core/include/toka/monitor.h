/*
 * Figures about libtoka's memory and work, for a program that monitors itself: as a struct, as OpenMetrics
 * text, and as an alert when memory grows steadily.
 *
 * The figures cover all stores and the registry since the library was loaded. libtoka counts bytes when it
 * creates and drops its own objects, so the figures do not depend on the allocator: a document counts as the
 * size of its text (in memory it takes several times that), a compiled schema as the size of its program, an
 * entry of a cache or the registry as its own size. What a handler owns is not counted.
 *
 * The alert watches unbounded_bytes: all bytes except the contents of caches and of the registry within their
 * limits. Those may grow up to their limit; anything else that grows steadily is a leak, in libtoka or in a
 * program that keeps the schemas it gets. core/common/growth_watch.h describes the method. A loss in every op
 * is reported within TOKA_MONITOR_ALERT_OPS ops; a rarer loss takes longer.
 *
 * All functions may be called from any thread at any time, also from handlers and from the alert itself, but
 * not from the registry's clock. They do not allocate, print, or wait for a store; reading takes the
 * registry's lock for a moment. Both builds count in the same way. ./dev bench monitor measures the cost of
 * counting.
 */
#ifndef TOKA_MONITOR_H
#define TOKA_MONITOR_H

#include <stdint.h>
#include <toka/status.h>

/* Figures that only increase. X(name, meaning). */
#define TOKA_MONITOR_COUNTERS(X)                                                                             \
    X(cache_hits, "Schemas found in a cache.")                                                               \
    X(cache_misses, "Schemas not found in a cache, or requested from a store without one.")                  \
    X(cache_evictions, "Cache entries dropped to stay within a limit.")                                      \
    X(schema_failures, "Schemas that did not compile.")                                                      \
    X(registrations, "Handlers registered.")                                                                 \
    X(unregistrations, "Handlers removed by their tag.")                                                     \
    X(sweeps, "Sweeps and clears of the registry.")                                                          \
    X(swept_handlers, "Handlers removed by sweeps and clears.")                                              \
    X(dispatches, "Handlers run.")                                                                           \
    X(alerts, "Alerts of steady growth.")

/* Current figures. X(name, unit, meaning); unit as in OpenMetrics, "" for a plain number. */
#define TOKA_MONITOR_GAUGES(X)                                                                               \
    X(heap_bytes, "bytes", "Memory held by documents, schemas, cache entries and registry entries.")         \
    X(unbounded_bytes, "bytes",                                                                              \
      "Memory held, without what caches and the registry hold within their limits.")                         \
    X(documents, "", "Documents parsed and not dropped.")                                                    \
    X(document_bytes, "bytes", "Text of the documents parsed and not dropped.")                              \
    X(schemas, "", "Compiled schemas.")                                                                      \
    X(schema_bytes, "bytes", "Memory held by compiled schemas.")                                             \
    X(cache_entries, "", "Entries of all caches.")                                                           \
    X(cache_bytes, "bytes", "Memory held by cache entries, without their schemas.")                          \
    X(cache_limit, "", "Entries that all caches together may hold.")                                         \
    X(registry_handlers, "", "Handlers registered now.")                                                     \
    X(registry_bytes, "bytes", "Memory held by registry entries.")                                           \
    X(registry_limit, "", "Handlers that the registry may hold.")

/* The value of a limit that is not set. */
#define TOKA_MONITOR_NO_LIMIT UINT64_MAX

typedef struct toka_monitor_figures {
#define TOKA_MONITOR_FIELD(name, ...) uint64_t name;
    TOKA_MONITOR_COUNTERS(TOKA_MONITOR_FIELD)
    TOKA_MONITOR_GAUGES(TOKA_MONITOR_FIELD)
#undef TOKA_MONITOR_FIELD
    double cache_hit_ratio; /* hits divided by hits and misses, 0 to 1; 0 before the first request */
} toka_monitor_figures;

/*
 * Reads all figures. Each is exact; while other threads work, they may differ in time by an instant.
 * ret_figures must not be NULL.
 */
TOKA_API void toka_monitor_read(toka_monitor_figures *ret_figures);

/* A buffer of this size is large enough for toka_monitor_write. */
#define TOKA_MONITOR_TEXT_BYTES 8192u

/*
 * Writes the figures as OpenMetrics 1.0 text: every name begins with "toka_", counters end with "_total", and
 * the last line is "# EOF". The text is NUL-terminated; *ret_size, which may be NULL, receives its bytes
 * without the NUL. Independent of the locale.
 *
 * TOKA_E_ARGUMENT (no buffer), TOKA_E_TOO_LARGE (the buffer of `capacity` bytes is too small; its contents
 * are then unspecified).
 */
TOKA_API TOKA_NODISCARD toka_status toka_monitor_write(char *buffer, size_t capacity, size_t *ret_size);

/* A loss in every op is reported within this number of ops. Only ops that can change the memory held count:
 * schemas not found in a cache, registrations, unregistrations and sweeps. */
#define TOKA_MONITOR_ALERT_OPS 4096u

typedef struct toka_alert {
    uint64_t unbounded_bytes; /* held now */
    uint64_t grown_bytes;     /* over the last `ops`; unbounded_bytes did not fall back during that time */
    uint64_t ops;
    char line[160]; /* the same as a line for a log, NUL-terminated, without a line feed */
} toka_alert;

/* The alert is valid during the call. The function is called without a lock, on the thread whose op completed
 * the evidence. */
typedef void (*toka_alert_fn)(void *user_data, const toka_alert *alert);

/*
 * Sets the function that is called on an alert; it replaces the function set before. NULL: none. Growth is
 * watched and alerts are counted in any case. After an alert, the next one comes when unbounded_bytes has
 * doubled. A call in another thread may still be running when this function returns: what the old user_data
 * points to must outlive that call.
 */
TOKA_API void toka_monitor_on_alert(toka_alert_fn alert, void *user_data);

#endif
