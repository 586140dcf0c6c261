/*
 * Operation handlers by tag. There is one registry in the process, as in Toka's kernel.
 *
 * All functions may be called from any thread, also from a handler or a destroy function: libtoka calls both
 * without holding a lock. A handler that is replaced, unregistered, evicted or swept leaves the registry at
 * once. If dispatches are running it at that time, the last of them destroys it, on its own thread.
 *
 * The registry has a limit. If a new handler would exceed it, the least recently used handler is evicted. A
 * handler is used when it is registered and whenever a dispatch of it begins; if threads take turns to use
 * one handler, only the first use within some milliseconds may count. A handler must return: it must not end
 * its thread or jump out of the call.
 *
 * The build called `before` behaves as Toka v0.2.1 did: it has register, dispatch and size only, no limit,
 * and never shrinks. Its other functions return TOKA_E_NOT_SUPPORTED and do nothing.
 */
#ifndef TOKA_REGISTRY_H
#define TOKA_REGISTRY_H

#include <stdint.h>
#include <toka/status.h>

#define TOKA_REGISTRY_DEFAULT_LIMIT 1000u /* handlers */
#define TOKA_REGISTRY_MAX_TAG_BYTES 1024u /* without the final NUL */

/*
 * The function of a tag. The payload belongs to the dispatcher and is valid during the call. The function may
 * run in several threads at once. toka_registry_dispatch returns its status.
 */
typedef toka_status (*toka_handler_fn)(void *user_data, toka_text payload);

typedef struct toka_handler {
    toka_handler_fn run;
    void *user_data; /* belongs to the registry once the handler is registered */
    /* NULL: there is nothing to free. Called once, never while a dispatch runs the handler. */
    void (*destroy)(void *user_data);
} toka_handler;

/*
 * Gives milliseconds since an arbitrary start and never goes back. It is called under a lock of libtoka, from
 * any thread, and from several at once: it must not call libtoka.
 */
typedef uint64_t (*toka_clock_fn)(void *clock_data);

/*
 * Registers a handler. If the tag already has one, the new one replaces it and the old one is destroyed as
 * described above. tag is a NUL-terminated string; it is copied, and compared byte by byte.
 *
 * TOKA_E_ARGUMENT (no tag, an empty tag or no run function), TOKA_E_TOO_LARGE (a tag longer than
 * TOKA_REGISTRY_MAX_TAG_BYTES), TOKA_E_NO_MEMORY. On failure the handler still belongs to the caller and the
 * registry is unchanged.
 */
TOKA_API TOKA_NODISCARD toka_status toka_registry_register(const char *tag, toka_handler handler);

/* Removes a handler. TOKA_E_ARGUMENT, TOKA_E_TOO_LARGE, TOKA_E_NOT_FOUND. */
TOKA_API TOKA_NODISCARD toka_status toka_registry_unregister(const char *tag);

/*
 * Runs the tag's handler on this thread and returns its status. Does not allocate. If it returns
 * TOKA_E_ARGUMENT, TOKA_E_TOO_LARGE or TOKA_E_NOT_FOUND for the tag, no handler has run.
 */
TOKA_API TOKA_NODISCARD toka_status toka_registry_dispatch(const char *tag, toka_text payload);

/* Returns the number of registered handlers. */
TOKA_API size_t toka_registry_size(void);

/* Removes every handler. TOKA_OK. */
TOKA_API toka_status toka_registry_clear(void);

/*
 * Removes every handler that has not been used for at least idle_ms milliseconds; 0 removes all. ret_removed
 * receives their number and may be NULL. The cost depends on the handlers removed, not on those kept.
 * TOKA_OK.
 */
TOKA_API toka_status toka_registry_sweep(uint64_t idle_ms, size_t *ret_removed);

/*
 * Sets how many handlers the registry may hold, at least 1, and evicts those over the new limit at once.
 * TOKA_E_ARGUMENT (0; the limit is unchanged).
 */
TOKA_API toka_status toka_registry_set_limit(size_t max_handlers);

/*
 * Replaces the clock that idle times are read from (tests, virtual time); NULL brings back the monotonic
 * clock. Handlers registered so far count as used at the new clock's present. clock_data is passed to every
 * call and must outlive the clock's use. TOKA_OK.
 */
TOKA_API toka_status toka_registry_set_clock(toka_clock_fn clock, void *clock_data);

#endif
