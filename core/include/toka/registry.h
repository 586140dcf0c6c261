/*
 * Operation handlers by tag: one registry for the process, as in Toka's kernel.
 *
 * All functions may be called from any thread, also from within a handler or a destroy function: neither runs
 * while the registry's lock is held. A handler that is replaced, unregistered, evicted or swept while
 * dispatches run it is out of the registry at once and destroyed when the last of them returns, by that
 * thread.
 *
 * The registry holds at most its limit of handlers; registering one more evicts the least recently used. A
 * handler is used when it is registered and each time a dispatch of it begins; where several threads use one
 * in turn, of its uses within some milliseconds only the first may count. A handler must return: it must
 * neither end its thread nor jump out of the call.
 *
 * The build called `before` keeps Toka v0.2.1's behaviour instead: register, dispatch and size only. It has
 * no limit and never shrinks; the other operations answer TOKA_E_NOT_SUPPORTED and do nothing.
 */
#ifndef TOKA_REGISTRY_H
#define TOKA_REGISTRY_H

#include <stdint.h>
#include <toka/status.h>

#define TOKA_REGISTRY_DEFAULT_LIMIT 1000u /* handlers */
#define TOKA_REGISTRY_MAX_TAG_BYTES 1024u /* without the final NUL */

/*
 * What a tag does. The payload is the dispatcher's and is valid during the call. May run in several threads
 * at once. Returns a status of its own, which toka_registry_dispatch passes on.
 */
typedef toka_status (*toka_handler_fn)(void *user_data, toka_text payload);

typedef struct toka_handler {
    toka_handler_fn run;
    void *user_data; /* the registry's once registered */
    void (*destroy)(
        void *user_data); /* NULL: nothing to free. Called once, never while a dispatch runs the handler */
} toka_handler;

/*
 * Gives milliseconds since an arbitrary start and never goes back. It is called under a lock of libtoka, from any
 * thread, and from several at once: it must not call libtoka.
 */
typedef uint64_t (*toka_clock_fn)(void *clock_data);

/*
 * Registers a handler, or replaces the one the tag had (which is then destroyed as said above). tag is
 * copied; it is a NUL-terminated string and compared byte by byte.
 *
 * TOKA_E_ARGUMENT (no tag, an empty tag, or no run function), TOKA_E_TOO_LARGE (a tag over
 * TOKA_REGISTRY_MAX_TAG_BYTES), TOKA_E_NO_MEMORY. On failure the handler stays the caller's and the registry
 * is as it was.
 */
TOKA_API TOKA_NODISCARD toka_status toka_registry_register(const char *tag, toka_handler handler);

/* Takes a handler out. TOKA_E_ARGUMENT, TOKA_E_TOO_LARGE, TOKA_E_NOT_FOUND. */
TOKA_API TOKA_NODISCARD toka_status toka_registry_unregister(const char *tag);

/*
 * Runs the tag's handler on this thread and returns what it returned. Does not allocate.
 * TOKA_E_ARGUMENT, TOKA_E_TOO_LARGE and TOKA_E_NOT_FOUND before any handler ran.
 */
TOKA_API TOKA_NODISCARD toka_status toka_registry_dispatch(const char *tag, toka_text payload);

/* How many handlers are registered now. */
TOKA_API size_t toka_registry_size(void);

/* Takes every handler out. TOKA_OK. */
TOKA_API toka_status toka_registry_clear(void);

/*
 * Takes out every handler that has not been used for at least idle_ms milliseconds; 0 takes out all.
 * ret_removed receives how many; it may be NULL. Costs what it removes, not what it keeps. TOKA_OK.
 */
TOKA_API toka_status toka_registry_sweep(uint64_t idle_ms, size_t *ret_removed);

/*
 * Sets how many handlers the registry may hold, at least 1; evicts down to the new limit at once.
 * TOKA_E_ARGUMENT (0: the limit stays).
 */
TOKA_API toka_status toka_registry_set_limit(size_t max_handlers);

/*
 * Replaces the clock that idle times are read from (tests, virtual time); NULL brings back the monotonic
 * clock. Handlers registered so far count as used at the new clock's present. clock_data is passed to every
 * call and must outlive the clock's use. TOKA_OK.
 */
TOKA_API toka_status toka_registry_set_clock(toka_clock_fn clock, void *clock_data);

#endif
