/*
 * What libtoka holds and does, for a program that watches itself: figures as a struct or as OpenMetrics text,
 * and an alert when what is held grows on and on.
 *
 * The figures are the process's, over all stores and the one registry, since the library was loaded. Bytes
 * are counted where libtoka takes and drops its own objects, whatever the allocator makes of them: a document
 * by the size of its text (parsed, it takes several times that), a compiled schema by its program, entries of
 * caches and of the registry by their own size. What a handler owns is the program's and not counted.
 *
 * The alert watches unbounded_bytes: what is held beyond the contents of caches and the registry within their
 * limits. Those may grow, and end by themselves; anything else that grows steadily is a leak, in libtoka or
 * in a program that keeps the schemas it gets. How it is told is said in core/common/growth_watch.h. Memory
 * that every single op loses is reported within TOKA_MONITOR_ALERT_OPS ops, rarer losses later.
 *
 * All functions may be called from any thread at any time, also from handlers and from the alert itself.
 * Nothing here allocates or prints, nor waits for a store. Reading takes the registry's lock for a moment:
 * not from the registry's clock. Both builds count alike. What counting costs is measured by ./dev bench
 * monitor.
 */
#ifndef TOKA_MONITOR_H
#define TOKA_MONITOR_H

#include <stdint.h>
#include <toka/status.h>

/* Figures that only rise. X(name, meaning). */
#define TOKA_MONITOR_COUNTERS(X)                                                                             \
    X(cache_hits, "Schemas found in a cache.")                                                               \
    X(cache_misses, "Schemas not found in a cache, or asked of a store without one.")                        \
    X(cache_evictions, "Cache entries dropped to stay within a limit.")                                      \
    X(schema_failures, "Schemas that did not compile.")                                                      \
    X(registrations, "Handlers registered.")                                                                 \
    X(unregistrations, "Handlers taken out by their tag.")                                                   \
    X(sweeps, "Sweeps and clears of the registry.")                                                          \
    X(swept_handlers, "Handlers taken out by sweeps and clears.")                                            \
    X(dispatches, "Handlers run.")                                                                           \
    X(alerts, "Alerts of steady growth.")

/* Figures as of now. X(name, unit, meaning); unit is what OpenMetrics calls it, "" for a plain number. */
#define TOKA_MONITOR_GAUGES(X)                                                                               \
    X(heap_bytes, "bytes", "Held by documents, schemas, cache entries and registry entries.")                \
    X(unbounded_bytes, "bytes", "Held beyond what caches and the registry hold within their limits.")        \
    X(documents, "", "Documents parsed and not dropped.")                                                    \
    X(document_bytes, "bytes", "Text of the documents parsed and not dropped.")                              \
    X(schemas, "", "Compiled schemas.")                                                                      \
    X(schema_bytes, "bytes", "Held by compiled schemas.")                                                    \
    X(cache_entries, "", "Entries of all caches.")                                                           \
    X(cache_bytes, "bytes", "Held by cache entries, without their schemas.")                                 \
    X(cache_limit, "", "Entries that all caches together may hold.")                                         \
    X(registry_handlers, "", "Handlers registered now.")                                                     \
    X(registry_bytes, "bytes", "Held by registry entries.")                                                  \
    X(registry_limit, "", "Handlers that the registry may hold.")

/* A limit that is none. */
#define TOKA_MONITOR_NO_LIMIT UINT64_MAX

typedef struct toka_monitor_figures {
#define TOKA_MONITOR_FIELD(name, ...) uint64_t name;
    TOKA_MONITOR_COUNTERS(TOKA_MONITOR_FIELD)
    TOKA_MONITOR_GAUGES(TOKA_MONITOR_FIELD)
#undef TOKA_MONITOR_FIELD
    double cache_hit_ratio; /* of hits and misses, 0 to 1; 0 before the first */
} toka_monitor_figures;

/*
 * Reads all figures. Each is right by itself; while other threads work they need not be of one instant.
 * ret_figures must not be NULL.
 */
TOKA_API void toka_monitor_read(toka_monitor_figures *ret_figures);

/* A buffer of this size holds what toka_monitor_write writes. */
#define TOKA_MONITOR_TEXT_BYTES 8192u

/*
 * Writes the figures as OpenMetrics 1.0 text: every name begins with "toka_", counters end with "_total", and
 * the last line is "# EOF". The text is NUL-terminated; *ret_size, which may be NULL, receives its bytes
 * without the NUL. Independent of the locale.
 *
 * TOKA_E_ARGUMENT (no buffer), TOKA_E_TOO_LARGE (capacity, in bytes, is not enough: the buffer's contents are
 * then unspecified, and TOKA_MONITOR_TEXT_BYTES are enough).
 */
TOKA_API TOKA_NODISCARD toka_status toka_monitor_write(char *buffer, size_t capacity, size_t *ret_size);

/* Within how many ops a loss in every op is reported. Counted are those that may change what is held: schemas
 * not found in a cache, registrations, unregistrations, sweeps. */
#define TOKA_MONITOR_ALERT_OPS 4096u

typedef struct toka_alert {
    uint64_t unbounded_bytes; /* held now */
    uint64_t grown_bytes;     /* over the last `ops`; unbounded_bytes never fell back in all that time */
    uint64_t ops;
    char line[160]; /* the same as one line for a log, without a line feed; NUL-terminated */
} toka_alert;

/* The alert is valid during the call. Called on the thread whose op completed the evidence, with no lock
 * held. */
typedef void (*toka_alert_fn)(void *user_data, const toka_alert *alert);

/*
 * Sets whom to tell, instead of whoever was told before; NULL: nobody. Growth is watched and alerts are
 * counted either way. After an alert the next one comes when unbounded_bytes has doubled. A call that is
 * under way in another thread may end after this function returns: what user_data points to must outlive
 * that.
 */
TOKA_API void toka_monitor_on_alert(toka_alert_fn alert, void *user_data);

#endif
