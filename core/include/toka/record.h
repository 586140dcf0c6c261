/*
 * Records what a program asks of libtoka, so that it can be replayed: heapgate's workload `replay` takes the
 * log as its corpus. See docs/replay.md.
 *
 * One call starts a recording for the whole process and all its threads. It covers schemas requested from a
 * store (whether or not they are in its cache), validations, manifests and the operations of the registry. A
 * call that libtoka refuses because of its arguments, such as an empty tag, is not recorded.
 *
 * A log contains what the program handled: schemas, manifests, tags and validated instances, even if they are
 * confidential. Only the owner of the file can read it.
 *
 * All functions may be called from any thread, but not from a signal handler. While a recording runs, each op
 * waits for a lock; otherwise recording costs the load of one flag. Recording takes constant memory, never
 * prints, and never makes an op fail: if the log cannot be written, the recording ends. A child process made
 * by fork does not record.
 *
 * The log, format 1, is UTF-8 with one JSON object per line:
 *
 *     {"toka-log":1}                          the first line
 *     {"op":"text","hash":H,"text":T}         a text that later lines refer to by its hash
 *     {"op":"compile",STORE,SCHEMA,"which":W} toka_ensure_schema_compiles
 *     {"op":"get",STORE,SCHEMA,"which":W}     toka_schema_store_get
 *     {"op":"validate","hash":H,"instance":V} toka_schema_validate, with the schema that a get of H returned
 *     {"op":"manifest",STORE,SCHEMA}          toka_manifest_parse; the schemas it compiles have no lines
 *     {"op":"free-store","store":N}           toka_schema_store_free
 *     {"op":"register","tag":T}               toka_registry_register
 *     {"op":"unregister","tag":T}             toka_registry_unregister
 *     {"op":"dispatch","tag":T}               toka_registry_dispatch
 *     {"op":"sweep","idle_ms":N}              toka_registry_sweep
 *     {"op":"clear"}                          toka_registry_clear
 *     {"op":"limit","handlers":N}             toka_registry_set_limit
 *     {"op":"traffic"}                        toka_record_traffic
 *
 * STORE   "store":N, the number of the store, and its options if they differ from the default: "cached":true,
 *         "max_entries":N, "max_bytes":N, "assert_format":true. A resolver is not recorded.
 * SCHEMA  one of: "hash":H, a text in the window; "schema":T, the text itself; "size":N, the size in bytes of
 *         a text that exceeds the limit, so that its contents do not matter.
 * H       16 lower-case hexadecimal digits; they mean nothing outside the log.
 *
 * The window holds the last TOKA_RECORD_WINDOW_TEXTS text lines, but at most TOKA_RECORD_WINDOW_BYTES of
 * text; so a longer log needs no more memory to read. A text may be repeated. The line traffic empties the
 * window.
 *
 * Each line except the first, text and traffic may have "ms":N, the milliseconds since the start on the
 * registry's clock. A line without it has the same time as the line before. "which" and "instance" are
 * optional. For bytes that are not UTF-8, "text_bytes" replaces "text", and so do "schema_bytes", "tag_bytes"
 * and "which_bytes": a string whose code points, U+0000 to U+00FF, are the bytes. If a program was killed,
 * the last line may be incomplete; then it has no line feed.
 */
#ifndef TOKA_RECORD_H
#define TOKA_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <toka/status.h>

#define TOKA_RECORD_WINDOW_TEXTS       4096u
#define TOKA_RECORD_WINDOW_BYTES       ((size_t)4 * 1024 * 1024)
#define TOKA_RECORD_MAX_INSTANCE_BYTES ((size_t)64 * 1024) /* a larger instance is not recorded */
#define TOKA_RECORD_MAX_INSTANCE_DEPTH 1000u               /* nor is one that is nested more deeply */
#define TOKA_RECORD_MAX_BYTES          ((uint64_t)1024 * 1024 * 1024) /* of a log; then recording ends */

/*
 * Creates the file and starts to record. err may be NULL.
 *   TOKA_E_ARGUMENT   there is no path, or a recording is already running
 *   TOKA_E_FILE       the file exists, or cannot be created or written; err says which
 */
TOKA_API TOKA_NODISCARD toka_status toka_record_start(const char *path, toka_error *err);

/*
 * Marks the end of the program's start-up: from here on comes its usual traffic. A replay plays the ops
 * before the mark once and the ops after it again and again. Only the first call in a recording has an
 * effect; without a recording the function does nothing.
 */
TOKA_API void toka_record_traffic(void);

/*
 * Ends the recording and returns its result. err may be NULL. Afterwards a new recording can be started.
 *   TOKA_OK           the file is closed and contains every op
 *   TOKA_E_ARGUMENT   no recording was started
 *   TOKA_E_FILE       a write failed, for example because the disk was full; later ops are missing
 *   TOKA_E_TOO_LARGE  the log reached TOKA_RECORD_MAX_BYTES; later ops are missing
 * After a failure the file contains all ops up to the failure; its last line may be incomplete.
 */
TOKA_API toka_status toka_record_stop(toka_error *err);

typedef struct toka_record_figures {
    bool running;
    uint64_t ops;       /* recorded by the running recording, or by the last one */
    uint64_t bytes;     /* of the log, including those not yet written to the file */
    toka_status status; /* what toka_record_stop would return */
} toka_record_figures;

/* Lets a program watch its recording. ret_figures must not be NULL. */
TOKA_API void toka_record_read(toka_record_figures *ret_figures);

#endif
